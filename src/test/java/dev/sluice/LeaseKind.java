package dev.sluice;

/** The ways to come by a lease; whichever it was, the lease behaves the same. */
enum LeaseKind {
    ACQUIRED {
        @Override
        PooledBuffer lease(BufferPool pool, int size) {
            return pool.acquire(size);
        }
    },
    ACQUIRED_WITH_HOLDER {
        @Override
        PooledBuffer lease(BufferPool pool, int size) {
            return pool.acquire(size, "holder");
        }
    },
    REQUESTED {
        @Override
        PooledBuffer lease(BufferPool pool, int size) {
            return pool.request(size).join();
        }
    },
    RETAINED {
        @Override
        PooledBuffer lease(BufferPool pool, int size) {
            PooledBuffer first = pool.acquire(size);
            PooledBuffer twin = first.retain();
            first.release();
            return twin;
        }
    },
    LENT {
        @Override
        PooledBuffer lease(BufferPool pool, int size) {
            PooledBuffer first = pool.acquire(size);
            PooledBuffer lent = first.lend(() -> {});
            first.release();
            return lent;
        }
    },
    SLICED {
        @Override
        PooledBuffer lease(BufferPool pool, int size) {
            PooledBuffer first = pool.acquire(size + SLICE_OFFSET);
            PooledBuffer part = first.slice(SLICE_OFFSET, size);
            first.release();
            return part;
        }
    },
    SLICED_AND_LENT {
        @Override
        PooledBuffer lease(BufferPool pool, int size) {
            PooledBuffer first = pool.acquire(size + SLICE_OFFSET);
            PooledBuffer part = first.slice(SLICE_OFFSET, size, () -> {});
            first.release();
            return part;
        }
    };

    static final int SLICE_OFFSET = 7;

    /** A lease that nothing else shares the memory with any more. */
    abstract PooledBuffer lease(BufferPool pool, int size);

    boolean isPart() {
        return this == SLICED || this == SLICED_AND_LENT;
    }
}
