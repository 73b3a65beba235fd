package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.FrameAccess;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/** Data buffers as frames: their publisher hands them over. A client that is gone is told before what it has sent. */
enum DataBuffersAccess implements FrameAccess<DataBuffer> {
    INSTANCE;

    @Override
    public @Nullable PooledBuffer lease(DataBuffer frame, BufferPool pool) {
        return DataBuffers.takeLease(frame, pool);
    }

    @Override
    public int length(DataBuffer frame) {
        return frame.readableByteCount();
    }

    @Override
    public void copy(DataBuffer frame, int offset, ByteBuffer target) {
        frame.toByteBuffer(frame.readPosition() + offset, target, target.position(), target.remaining());
    }

    @Override
    public void retain(DataBuffer frame) {
        // it was handed over
    }

    @Override
    public void release(DataBuffer frame) {
        DataBufferUtils.release(frame);
    }

    @Override
    public void drop(DataBuffer frame) {
        DataBufferUtils.release(frame);
    }

    @Override
    public boolean keepsSpare() {
        return true;
    }

    @Override
    public boolean failsAtOnce() {
        return true;
    }
}
