package dev.sluice;

/**
 * The three shared pools, for programs that need no pool of their own: 1 KiB, 64 KiB and 1 MiB.
 *
 * <p>Each is made when it is first used, holds at most 64 buffers of each size and shrinks by itself. They are never
 * closed: {@link BufferPool#close()} on one of them throws. Thread-safe.
 */
public final class BufferPools {

    /** The size of {@link #acquireSmall()}: 1 KiB. */
    public static final int SMALL_BYTES = 1 << 10;

    /** The size of {@link #acquireMedium()}: 64 KiB. */
    public static final int MEDIUM_BYTES = 64 << 10;

    /** The size of {@link #acquireLarge()}: 1 MiB. */
    public static final int LARGE_BYTES = 1 << 20;

    private BufferPools() {}

    /**
     * The statistics of the three pools.
     *
     * @param small those of the 1 KiB pool
     * @param medium those of the 64 KiB pool
     * @param large those of the 1 MiB pool
     */
    public record Stats(PoolStats small, PoolStats medium, PoolStats large) {}

    private static final class Small {
        static final BufferPool POOL = shared("small");
    }

    private static final class Medium {
        static final BufferPool POOL = shared("medium");
    }

    private static final class Large {
        static final BufferPool POOL = shared("large");
    }

    private static BufferPool shared(String name) {
        return BufferPool.builder().name(name).shared().build();
    }

    /**
     * The pool that serves up to 1 KiB.
     *
     * @return the shared pool
     */
    public static BufferPool small() {
        return Small.POOL;
    }

    /**
     * The pool that serves up to 64 KiB.
     *
     * @return the shared pool
     */
    public static BufferPool medium() {
        return Medium.POOL;
    }

    /**
     * The pool that serves up to 1 MiB, and what is larger.
     *
     * @return the shared pool
     */
    public static BufferPool large() {
        return Large.POOL;
    }

    /**
     * Leases 1 KiB.
     *
     * @return a lease, which the caller releases
     * @throws PoolExhaustedException if 64 such buffers are in use
     */
    public static PooledBuffer acquireSmall() {
        return small().acquire(SMALL_BYTES);
    }

    /**
     * Leases 64 KiB.
     *
     * @return a lease, which the caller releases
     * @throws PoolExhaustedException if 64 such buffers are in use
     */
    public static PooledBuffer acquireMedium() {
        return medium().acquire(MEDIUM_BYTES);
    }

    /**
     * Leases 1 MiB.
     *
     * @return a lease, which the caller releases
     * @throws PoolExhaustedException if 64 such buffers are in use
     */
    public static PooledBuffer acquireLarge() {
        return large().acquire(LARGE_BYTES);
    }

    /**
     * Leases any size, from the smallest of the three pools that serves it.
     *
     * @param size how many bytes, at least 1
     * @return a lease of that length, which the caller releases
     * @throws InvalidSizeException if the size is below 1
     * @throws PoolExhaustedException if 64 buffers of that size are in use
     */
    public static PooledBuffer acquire(int size) {
        if (size <= SMALL_BYTES) {
            return small().acquire(size);
        }
        return size <= MEDIUM_BYTES ? medium().acquire(size) : large().acquire(size);
    }

    /**
     * What the three pools have done and hold.
     *
     * @return a snapshot
     */
    public static Stats stats() {
        return new Stats(small().stats(), medium().stats(), large().stats());
    }

    /**
     * Gives back all that is idle in the three pools.
     *
     * @return the bytes given back
     */
    public static long clear() {
        return small().clear() + medium().clear() + large().clear();
    }
}
