package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.function.Supplier;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** {@code inflate}: the zlib format, whose header and checksum the inflater knows. */
final class StageInflate implements Stage<PooledBuffer> {

    private final StageInflation body;
    private final StageCursor input = new StageCursor();
    private @Nullable BufferPool pool;
    private boolean ended;

    StageInflate(StageMemory memory, Supplier<Inflater> inflaters, long maxBytes, int maxRatio) {
        this.body = new StageInflation(memory, inflaters, maxBytes, maxRatio);
    }

    @Override
    public void accept(PooledBuffer next) {
        pool = next.pool();
        input.accept(next);
    }

    @Override
    public @Nullable PooledBuffer next() throws ByteStreamException {
        while (advance()) {
            PooledBuffer full = body.takeFull();
            if (full != null) {
                return full;
            }
        }
        return ended && body.isFinished() ? body.takeRest() : null;
    }

    /** Moves on by one step; false if there is none before more input or memory comes. */
    private boolean advance() throws ByteStreamException {
        if (body.isFinished()) {
            if (input.remaining() > 0) {
                throw new MalformedBytesException("bytes follow the end of the zlib data", input.offset());
            }
            return false;
        }
        BufferPool from = pool;
        if (from == null || body.needs(input)) {
            if (ended) {
                throw new TruncatedBytesException("the zlib data", input.offset());
            }
            return false;
        }
        return body.advance(input, from);
    }

    @Override
    public void end() {
        ended = true;
    }

    @Override
    public void release() {
        input.release();
        body.release();
    }
}
