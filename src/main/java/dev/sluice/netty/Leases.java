package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import org.jspecify.annotations.Nullable;

/** The way from a {@code ByteBuf} to the lease beneath it, and back, without copying. */
final class Leases {

    private Leases() {}

    /**
     * Makes a lease on the readable bytes of a frame, if a lease of the pool holds them. It retains the frame, whose
     * owner releases it as before: a decoder that finds itself alone with its buffer moves what it has left to the
     * front of it, over bytes that it has passed on.
     *
     * @return a further lease, which the caller releases; null if the bytes are not the pool's, or there are none
     */
    static @Nullable PooledBuffer leaseOn(ByteBuf frame, BufferPool pool) {
        LeaseByteBuf root = rootOf(frame);
        PooledBuffer lease = root == null ? null : root.lease();
        if (root == null || lease == null || lease.isReleased() || lease.pool() != pool || !frame.isReadable()) {
            return null;
        }
        long offset = offsetIn(root, frame);
        return offset < 0 ? null : retaining(frame, lease, (int) offset);
    }

    private static PooledBuffer retaining(ByteBuf frame, PooledBuffer lease, int offset) {
        frame.retain();
        PooledBuffer result = null;
        try {
            result = lease.slice(offset, frame.readableBytes(), frame::release);
            return result;
        } finally {
            if (result == null) {
                frame.release();
            }
        }
    }

    /**
     * Makes a buffer of a lease's content, which owns the lease: it releases it when its reference count reaches zero.
     * It is read-only if the lease is, and cannot grow.
     */
    static ByteBuf of(PooledBuffer lease) {
        return of(lease, PooledBuffer::release, ByteBufAllocator.DEFAULT);
    }

    /** The same with an owner who gets the lease back, and the allocator that copies of the buffer come from. */
    static ByteBuf of(PooledBuffer lease, LeaseSink owner, ByteBufAllocator alloc) {
        ByteBuf buffer = new LeaseByteBuf(alloc, owner, lease);
        return lease.byteBuffer().isReadOnly() ? buffer.asReadOnly() : buffer;
    }

    /** Goes through slices, duplicates, wrappers and composites of one component, to what holds the bytes. */
    private static @Nullable LeaseByteBuf rootOf(ByteBuf frame) {
        ByteBuf next = frame;
        while (next != null) {
            if (next instanceof LeaseByteBuf root) {
                return root;
            }
            ByteBuf beneath = next.unwrap();
            if (beneath == null && next instanceof CompositeByteBuf composite && composite.numComponents() == 1) {
                beneath = composite.internalComponent(0);
            }
            next = beneath;
        }
        return null;
    }

    /** Where in the root the frame's readable bytes begin; negative where the JVM does not tell. */
    private static long offsetIn(LeaseByteBuf root, ByteBuf frame) {
        if (root.hasMemoryAddress() && frame.hasMemoryAddress()) {
            return frame.memoryAddress() + frame.readerIndex() - root.memoryAddress();
        }
        if (root.hasArray() && frame.hasArray()) {
            return (long) frame.arrayOffset() + frame.readerIndex() - root.arrayOffset();
        }
        return frame.capacity() == root.capacity()
                ? frame.readerIndex()
                : -1; // no part, so it begins where the root does
    }
}
