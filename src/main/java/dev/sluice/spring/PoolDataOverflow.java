package dev.sluice.spring;

import dev.sluice.BufferPool;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Where a factory takes memory from beside its pool, and the account of it: {@code 0 <= used <= limit}. */
final class PoolDataOverflow {

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** Null: the heap. */
    private final @Nullable BufferPool pool;

    private PoolDataOverflow(long limit, @Nullable BufferPool pool) {
        this.limit = limit;
        this.pool = pool;
    }

    static PoolDataOverflow ofHeap(long limit) {
        return new PoolDataOverflow(limit, null);
    }

    static PoolDataOverflow ofPool(BufferPool pool) {
        return new PoolDataOverflow(0, Objects.requireNonNull(pool, "overflow"));
    }

    /** Takes memory; null if there is no room. */
    @Nullable PoolDataBytes take(int bytes) {
        if (pool == null) {
            return tryCharge(bytes) ? new PoolDataBytes.Overflowed(ByteBuffer.allocate(bytes), this) : null;
        } else if (bytes > pool.budget().limit()) {
            return null;
        }
        return pool.tryAcquire(bytes)
                .<PoolDataBytes>map(PoolDataBytes.Leased::new)
                .orElse(null);
    }

    /** Charges all or nothing; a thread that loses the race for the last bytes gets nothing. */
    private boolean tryCharge(int bytes) {
        long before = used.get();
        while (bytes <= limit - before) {
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = used.get();
        }
        return false;
    }

    void credit(int bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return pool == null ? used.get() : pool.stats().bytesInUse();
    }

    long limit() {
        return pool == null ? limit : pool.budget().limit();
    }
}
