package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What {@code gunzip} and {@code inflate} share: full chunks while the input goes on, what there is when the source has
 * nothing more at hand, and whatever was made of the input before the error that ends it.
 */
abstract class StageUncompress implements Stage<PooledBuffer> {

    final StageInflation body;
    final StageCursor input = new StageCursor();

    /** Whose memory is written to: that of the last buffer. */
    @Nullable BufferPool pool;

    boolean ended;

    /** What is wrong with the input; thrown when all that was made of it has been taken. */
    private @Nullable ByteStreamException fault;

    StageUncompress(StageInflation body) {
        this.body = body;
    }

    /** Moves on by one step; false if there is none before more input or memory comes. */
    abstract boolean advance() throws ByteStreamException;

    /** Whether the input may end here. */
    abstract boolean mayEnd();

    @Override
    public final void accept(PooledBuffer next) {
        pool = next.pool();
        input.accept(next);
    }

    @Override
    public final @Nullable PooledBuffer next() throws ByteStreamException {
        try {
            while (fault == null && advance()) {
                PooledBuffer full = body.takeFull();
                if (full != null) {
                    return full;
                }
            }
        } catch (ByteStreamException e) {
            fault = e;
        }
        ByteStreamException found = fault;
        if (found == null) {
            return ended && mayEnd() ? body.takeRest() : null;
        }
        PooledBuffer rest = body.takeRest();
        if (rest == null) {
            throw found;
        }
        return rest;
    }

    @Override
    public final @Nullable PooledBuffer flush() {
        return body.takeRest();
    }

    @Override
    public final boolean hasMore() {
        return fault != null && !body.isEmpty();
    }

    /** With a fault, only the error is left, for which nobody needs to ask. */
    @Override
    public final boolean isFull() {
        return fault != null && body.isEmpty();
    }

    @Override
    public final void end() {
        ended = true;
    }

    @Override
    public final void release() {
        input.release();
        body.release();
    }
}
