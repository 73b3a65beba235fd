package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.FrameAccess;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The frames of Netty. What is read from a channel that was equipped lies in the pool, unless the pool was exhausted.
 */
enum ReceiveFrames implements FrameAccess<ByteBuf> {
    /** Parts of a stream. */
    STREAM(false),

    /** Messages. */
    MESSAGES(true);

    private final boolean messages;

    ReceiveFrames(boolean messages) {
        this.messages = messages;
    }

    @Override
    public @Nullable PooledBuffer lease(ByteBuf frame, BufferPool pool) {
        return Leases.leaseOn(frame, pool);
    }

    @Override
    public int length(ByteBuf frame) {
        return frame.readableBytes();
    }

    @Override
    public void copy(ByteBuf frame, int offset, ByteBuffer target) {
        frame.getBytes(frame.readerIndex() + offset, target);
    }

    @Override
    public void retain(ByteBuf frame) {
        frame.retain();
    }

    @Override
    public void release(ByteBuf frame) {
        frame.release();
    }

    @Override
    public boolean isMessage() {
        return messages;
    }
}
