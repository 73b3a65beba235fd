package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.PooledBuffer;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.CompositeByteBuf;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The allocator. Buffers of the pool's kind are its leases. A direct buffer where the pool has heap ones is the lease
 * of a second pool on the same budget; a heap buffer where the pool has direct ones is an array.
 */
final class AllocatorOverPool extends AbstractByteBufAllocator implements BufferPoolAllocator, LeaseSource {

    private static final long LEAST_OVERFLOW = 16L << 20;
    private static final long MOST_OVERFLOW = 256L << 20;

    private final BufferPool pool;
    private final BufferPool overflow;
    private final boolean direct;

    /** What is leased from the pool at most, in bytes; more by what several threads take at the same moment. */
    private final long most;

    /** Makes the direct buffers of a heap pool. */
    private final @Nullable AllocatorOverPool directs;

    private final LongAdder leasedBytes = new LongAdder();

    /** What arrays hold where the pool is direct. */
    private final LongAdder arrayBytes = new LongAdder();

    /** How many bytes of the overflow are leased. Written only when the pool has nothing, or had. */
    private final AtomicLong overflowing = new AtomicLong();

    private final ByteBufAllocatorMetric metric = new Metric();

    static AllocatorOverPool over(BufferPool pool) {
        Objects.requireNonNull(pool, "pool");
        long share = pool.budget().limit() / 8;
        BufferPool overflow = BufferPool.builder()
                .name(pool.name() + "-overflow")
                .direct(pool.isDirect())
                .maxBytes(Math.max(LEAST_OVERFLOW, Math.min(MOST_OVERFLOW, share)))
                .build();
        return new AllocatorOverPool(pool, overflow);
    }

    static AllocatorOverPool over(BufferPool pool, BufferPool overflow) {
        Objects.requireNonNull(pool, "pool");
        Objects.requireNonNull(overflow, "overflow");
        if (pool == overflow) {
            throw new IllegalArgumentException("pool '" + pool.name() + "' cannot be its own overflow");
        }
        if (pool.isDirect() != overflow.isDirect()) {
            throw new IllegalArgumentException("pool '" + pool.name() + "' is " + kind(pool) + ", and its overflow '"
                    + overflow.name() + "' is " + kind(overflow));
        }
        return new AllocatorOverPool(pool, overflow);
    }

    private static String kind(BufferPool pool) {
        return pool.isDirect() ? "direct" : "heap";
    }

    private AllocatorOverPool(BufferPool pool, BufferPool overflow) {
        super(pool.isDirect());
        this.pool = pool;
        this.overflow = overflow;
        this.direct = pool.isDirect();
        this.most = mostOf(pool);
        this.directs = direct ? null : over(directOn(pool));
    }

    /**
     * Three quarters of the budget. What was read waits until somebody takes it, and the taker may need memory
     * to do so: to compress it, or to copy what is in the overflow. So a quarter is left to those who stand in the
     * line.
     */
    private static long mostOf(BufferPool pool) {
        long limit = pool.budget().limit();
        return limit - limit / 4;
    }

    private static BufferPool directOn(BufferPool heap) {
        return BufferPool.builder()
                .name(heap.name() + "-direct")
                .budget(heap.budget())
                .maxBuffersPerSize(heap.maxBuffersPerSize())
                .build();
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
        return newLeased(directs == null ? this : directs, initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        return direct
                ? new AllocatorHeapByteBuf(this, arrayBytes, initialCapacity, maxCapacity)
                : newLeased(this, initialCapacity, maxCapacity);
    }

    ByteBuf newLeased(LeaseSource source, int initialCapacity) {
        return newLeased(source, initialCapacity, Integer.MAX_VALUE);
    }

    private ByteBuf newLeased(LeaseSource source, int initialCapacity, int maxCapacity) {
        PooledBuffer lease = initialCapacity == 0 ? null : source.lease(initialCapacity);
        ByteBuf buffer = null;
        try {
            buffer = new LeaseByteBuf(this, source, lease, maxCapacity);
            return toLeakAwareBuffer(buffer);
        } catch (Throwable e) { // a leak detector may prohibit to allocate
            if (buffer != null) {
                buffer.release();
            } else if (lease != null) {
                source.giveBack(lease);
            }
            throw e;
        }
    }

    /** Leases from the pool, or else from the overflow, or fails. */
    @Override
    public PooledBuffer lease(int size) {
        PooledBuffer lease = tryLease(size);
        return lease != null ? lease : leaseOverflow(size);
    }

    @Override
    public @Nullable PooledBuffer tryLease(int size) {
        if (leasedBytes.sum() - overflowing.get() > most - size || pool.isClosed()) {
            return null;
        }
        try {
            PooledBuffer lease = pool.tryAcquireUntold(size).orElse(null);
            if (lease != null) {
                leasedBytes.add(lease.pinnedBytes());
            }
            return lease;
        } catch (BufferPoolException e) {
            return null; // closed meanwhile, above a parent's limit, or the JVM has nothing left
        }
    }

    private PooledBuffer leaseOverflow(int size) {
        PooledBuffer lease;
        try {
            lease = overflow.acquire(size);
        } catch (BufferPoolException e) {
            return leaseAtLast(size, e);
        }
        leasedBytes.add(lease.pinnedBytes());
        overflowing.addAndGet(lease.pinnedBytes());
        pool.reportOverflow(lease.pinnedBytes(), "NettyBuffers");
        return lease;
    }

    /** Asks the pool once more, to say what it answers along with the overflow. */
    private PooledBuffer leaseAtLast(int size, BufferPoolException overflowed) {
        try {
            PooledBuffer lease = pool.acquire(size);
            leasedBytes.add(lease.pinnedBytes());
            return lease;
        } catch (BufferPoolException e) {
            overflowed.addSuppressed(e);
            throw overflowed;
        }
    }

    @Override
    public void giveBack(PooledBuffer lease) {
        leasedBytes.add(-lease.pinnedBytes());
        if (lease.pool() == overflow) {
            overflowing.addAndGet(-lease.pinnedBytes());
        }
        lease.release();
    }

    /** Whether buffers of the overflow are out: the pool had nothing free, and may still have nothing. */
    boolean isOverflowing() {
        return overflowing.get() > 0 || (directs != null && directs.isOverflowing());
    }

    /** How full the overflow is of this allocator's buffers, from 0 to 7. */
    int overflowingEighths() {
        return (int)
                Math.min(7, overflowing.get() / Math.max(1, overflow.budget().limit() / 8));
    }

    @Override
    public boolean isDirect() {
        return direct;
    }

    @Override
    public boolean isDirectBufferPooled() {
        return direct;
    }

    @Override
    public ByteBuf buffer() {
        return direct ? directBuffer() : heapBuffer();
    }

    @Override
    public ByteBuf buffer(int initialCapacity) {
        return direct ? directBuffer(initialCapacity) : heapBuffer(initialCapacity);
    }

    @Override
    public ByteBuf buffer(int initialCapacity, int maxCapacity) {
        return direct ? directBuffer(initialCapacity, maxCapacity) : heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public ByteBuf ioBuffer() {
        return buffer();
    }

    @Override
    public ByteBuf ioBuffer(int initialCapacity) {
        return buffer(initialCapacity);
    }

    @Override
    public ByteBuf ioBuffer(int initialCapacity, int maxCapacity) {
        return buffer(initialCapacity, maxCapacity);
    }

    @Override
    public CompositeByteBuf compositeBuffer() {
        return direct ? compositeDirectBuffer() : compositeHeapBuffer();
    }

    @Override
    public CompositeByteBuf compositeBuffer(int maxNumComponents) {
        return direct ? compositeDirectBuffer(maxNumComponents) : compositeHeapBuffer(maxNumComponents);
    }

    /** Doubles, as Netty does, unless that is more than the pool ever has and the least is not. */
    @Override
    public int calculateNewCapacity(int minNewCapacity, int maxCapacity) {
        int doubled = super.calculateNewCapacity(minNewCapacity, maxCapacity);
        long limit = pool.budget().limit();
        return doubled > limit && minNewCapacity <= limit ? minNewCapacity : doubled;
    }

    @Override
    public ByteBufAllocatorMetric metric() {
        return metric;
    }

    /** Live, as Netty's are: the caller that polls it keeps it. */
    private final class Metric implements ByteBufAllocatorMetric {

        @Override
        public long usedHeapMemory() {
            return (direct ? arrayBytes : leasedBytes).sum();
        }

        @Override
        public long usedDirectMemory() {
            return (directs == null ? leasedBytes : directs.leasedBytes).sum();
        }

        @Override
        public String toString() {
            return "usedHeapMemory: " + usedHeapMemory() + ", usedDirectMemory: " + usedDirectMemory();
        }
    }

    @Override
    public String toString() {
        return "BufferPoolAllocator[" + pool + ", overflow " + overflow + "]";
    }
}
