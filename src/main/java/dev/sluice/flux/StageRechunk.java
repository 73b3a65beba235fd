package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/** {@code rechunk}: a slice where one buffer holds a chunk, a copy where a chunk lies across several. */
final class StageRechunk implements Stage<PooledBuffer> {

    private final StageMemory memory;
    private final int chunkBytes;
    private final StageCursor input = new StageCursor();
    private @Nullable PooledBuffer chunk;
    private boolean ended;

    StageRechunk(StageMemory memory, int chunkBytes) {
        this.memory = memory;
        this.chunkBytes = chunkBytes;
        memory.reserve(chunkBytes, Stage.Input.SLICED);
    }

    @Override
    public void accept(PooledBuffer next) {
        input.accept(next);
    }

    @Override
    public @Nullable PooledBuffer next() {
        if (chunk == null && input.remaining() >= chunkBytes) {
            return input.take(chunkBytes);
        }
        while (input.remaining() > 0) {
            PooledBuffer open = chunk;
            if (open == null) {
                open = memory.take(input.current().pool(), chunkBytes);
                if (open == null) {
                    return null;
                }
                chunk = open;
            }
            input.copyTo(open.byteBuffer());
            if (!open.byteBuffer().hasRemaining()) {
                return finish(open);
            }
        }
        PooledBuffer rest = chunk;
        return ended && rest != null ? finish(rest) : null;
    }

    private PooledBuffer finish(PooledBuffer filled) {
        chunk = null;
        return filled.resize(filled.byteBuffer().position());
    }

    @Override
    public void end() {
        ended = true;
    }

    @Override
    public void release() {
        input.release();
        if (chunk != null) {
            chunk.release();
            chunk = null;
        }
    }
}
