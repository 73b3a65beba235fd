package dev.sluice.netty;

import dev.sluice.BufferPool;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;

/**
 * A {@code ByteBufAllocator} whose buffers are leases of a {@link BufferPool}: made by {@link NettyBuffers#allocator}.
 *
 * <p><b>Buffers.</b> Each is one lease, released when its reference count reaches zero, on whichever thread. It grows
 * up to its maximum capacity, within the lease at no cost and beyond it by another lease and a copy. It pins the
 * capacity of its size class, and nothing while its own capacity is 0. Netty's leak detection watches it as it watches
 * Netty's own.
 *
 * <p><b>Overflow.</b> An event loop must not wait for memory, and an error there ends a connection. So when the pool
 * has nothing free, others wait for it, or it is closed, buffers come from a second pool, the overflow, with a budget
 * of its own. {@code overflow().stats()} says how much is in use, how much was, and how often. Beyond the overflow's
 * budget an allocation throws {@link dev.sluice.PoolExhaustedException} with the numbers of both pools, and a read ends
 * its connection with an {@code IOException}.
 *
 * <p><b>What the budget does not cover.</b> The overflow, and the heap buffers of a direct pool, which are plain
 * arrays: {@code metric().usedHeapMemory()} counts them. The direct buffers of a heap pool come from a second pool on
 * the same budget, with an overflow of its own. Buffers that others made, such as a response in an array of its own,
 * are theirs.
 *
 * <p>Thread-safe.
 */
public sealed interface BufferPoolAllocator extends ByteBufAllocator, ByteBufAllocatorMetricProvider
        permits AllocatorOverPool {

    /**
     * The pool that buffers come from.
     *
     * @return the pool
     */
    BufferPool pool();

    /**
     * The pool that buffers come from when the first has nothing free.
     *
     * @return the pool, whose statistics are those of the overflow
     */
    BufferPool overflow();

    /**
     * How much is leased now, the overflow included, and how much the heap buffers of a direct pool hold.
     *
     * @return the numbers, live, in bytes that are pinned rather than readable
     */
    @Override
    ByteBufAllocatorMetric metric();
}
