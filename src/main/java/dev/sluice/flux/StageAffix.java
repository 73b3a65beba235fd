package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/** {@code prefix} and {@code suffix}: a buffer of given bytes before or after those of the source, which pass. */
final class StageAffix implements Stage<PooledBuffer> {

    private final StageMemory memory;
    private final byte[] bytes;
    private final BufferPool pool;

    /** Whether the given bytes are what comes next. */
    private boolean due;

    private final boolean last;
    private @Nullable PooledBuffer passing;

    /**
     * Makes a stage.
     *
     * @param last whether the bytes come after those of the source
     */
    StageAffix(StageMemory memory, byte[] bytes, BufferPool pool, boolean last) {
        this.memory = memory;
        this.bytes = bytes;
        this.pool = pool;
        this.last = last;
        memory.reserveIn(pool, bytes.length, !last);
        this.due = !last && bytes.length > 0;
    }

    @Override
    public void accept(PooledBuffer next) {
        passing = next;
    }

    @Override
    public @Nullable PooledBuffer next() {
        PooledBuffer now = passing;
        if (now == null && due) {
            now = memory.take(pool, bytes.length);
            if (now != null) {
                due = false;
                now.byteBuffer().put(bytes).flip();
            }
        }
        passing = null;
        return now;
    }

    @Override
    public boolean hasMore() {
        return due;
    }

    @Override
    public void end() {
        due |= last && bytes.length > 0;
    }

    @Override
    public void release() {
        PooledBuffer now = passing;
        if (now != null) {
            passing = null;
            now.release();
        }
    }
}
