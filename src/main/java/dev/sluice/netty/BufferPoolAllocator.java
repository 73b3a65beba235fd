package dev.sluice.netty;

import dev.sluice.BufferPool;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;

/**
 * A {@code ByteBufAllocator} whose buffers are leases of a {@link BufferPool}: made by {@link NettyBuffers#allocator}.
 * Thread-safe.
 */
public sealed interface BufferPoolAllocator extends ByteBufAllocator, ByteBufAllocatorMetricProvider
        permits PoolAllocator {

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
}
