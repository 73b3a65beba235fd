package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.PooledBuffer;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The allocator: buffers of the pool's kind are leases, those of the other kind are unpooled. */
final class PoolAllocator extends AbstractByteBufAllocator implements BufferPoolAllocator {

    private final BufferPool pool;
    private final BufferPool overflow;
    private final UnpooledByteBufAllocator others;
    private final boolean direct;
    private final LongAdder leasedBytes = new LongAdder();
    private final AtomicLong overflowing = new AtomicLong();

    PoolAllocator(BufferPool pool, BufferPool overflow) {
        super(pool.isDirect());
        this.pool = pool;
        this.overflow = overflow;
        this.direct = pool.isDirect();
        this.others = new UnpooledByteBufAllocator(direct);
    }

    @Override
    public BufferPool pool() {
        return pool;
    }

    @Override
    public BufferPool overflow() {
        return overflow;
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        return direct
                ? newPooled(initialCapacity, maxCapacity)
                : others.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        return direct ? others.heapBuffer(initialCapacity, maxCapacity) : newPooled(initialCapacity, maxCapacity);
    }

    private ByteBuf newPooled(int initialCapacity, int maxCapacity) {
        return toLeakAwareBuffer(
                initialCapacity == 0
                        ? new LeaseByteBuf(this, direct, maxCapacity)
                        : new LeaseByteBuf(this, lease(initialCapacity), maxCapacity));
    }

    /** Leases from the pool, or else from the overflow, or fails. */
    PooledBuffer lease(int size) {
        PooledBuffer lease = tryLease(size);
        return lease != null ? lease : leaseOverflow(size);
    }

    /** Leases from the pool, if it has that much free now. */
    @Nullable PooledBuffer tryLease(int size) {
        if (size > pool.budget().limit() || pool.isClosed()) {
            return null;
        }
        try {
            PooledBuffer lease = pool.tryAcquire(size).orElse(null);
            if (lease != null) {
                leasedBytes.add(lease.pinnedBytes());
            }
            return lease;
        } catch (BufferPoolException e) {
            return null; // closed meanwhile, or the JVM has nothing left: the overflow finds out
        }
    }

    private PooledBuffer leaseOverflow(int size) {
        PooledBuffer lease = overflow.acquire(size);
        leasedBytes.add(lease.pinnedBytes());
        overflowing.incrementAndGet();
        return lease;
    }

    void giveBack(PooledBuffer lease) {
        leasedBytes.add(-lease.pinnedBytes());
        if (lease.pool() == overflow) {
            overflowing.decrementAndGet();
        }
        lease.release();
    }

    /** Whether buffers of the overflow are out: the pool had nothing free, and may still have nothing. */
    boolean isOverflowing() {
        return overflowing.get() > 0;
    }

    @Override
    public boolean isDirectBufferPooled() {
        return direct;
    }

    @Override
    public ByteBufAllocatorMetric metric() {
        return others.metric();
    }
}
