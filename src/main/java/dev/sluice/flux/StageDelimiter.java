package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/** {@code joinWith} and {@code suffixEach}: given bytes between the buffers or after each, which pass as they are. */
final class StageDelimiter implements Stage<PooledBuffer> {

    private final StageMemory memory;
    private final byte[] delimiter;
    private final boolean afterEach;

    /** Where the delimiter is taken from: the pool of the last buffer. */
    private @Nullable BufferPool pool;

    private @Nullable PooledBuffer record;

    /** Whether the delimiter comes next, before the record or after it. */
    private boolean due;

    /**
     * Makes a stage.
     *
     * @param afterEach whether the delimiter comes after the last buffer, too
     */
    StageDelimiter(StageMemory memory, byte[] delimiter, boolean afterEach) {
        this.memory = memory;
        this.delimiter = delimiter;
        this.afterEach = afterEach;
        memory.reserve(delimiter.length, Stage.Input.SLICED);
    }

    @Override
    public void accept(PooledBuffer next) {
        record = next;
        due = !afterEach && pool != null;
        pool = next.pool();
    }

    @Override
    public @Nullable PooledBuffer next() {
        PooledBuffer now = record;
        if (now != null && !due) {
            record = null;
            due = afterEach;
            if (!now.isEmpty()) {
                return now;
            }
            now.release();
        }
        return due && pool != null ? delimiterOf(pool) : null;
    }

    private @Nullable PooledBuffer delimiterOf(BufferPool from) {
        PooledBuffer taken = memory.take(from, delimiter.length);
        if (taken != null) {
            due = false;
            taken.byteBuffer().put(delimiter).flip();
        }
        return taken;
    }

    @Override
    public boolean hasMore() {
        return due;
    }

    @Override
    public void release() {
        PooledBuffer now = record;
        if (now != null) {
            record = null;
            now.release();
        }
    }
}
