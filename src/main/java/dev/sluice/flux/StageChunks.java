package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that a stage writes, one at a time. Owns the lease of the open one.
 *
 * <p>The first has 1 KiB, so that little content pins little memory; each further one is four times as long, up to
 * {@link BufferPool#chunkSize()}. Where memory is short, chunks of 4 KiB do.
 */
final class StageChunks {

    private static final int FIRST_BYTES = 1 << 10;

    private final StageMemory memory;
    private int wantedBytes = FIRST_BYTES;
    private @Nullable PooledBuffer open;

    StageChunks(StageMemory memory) {
        this.memory = memory;
        memory.reserveShare(StageMemory.SHORT_BYTES, Stage.Input.COPIED);
    }

    /** Where to write on; null if the memory is not there yet: then this is called again with the same pool. */
    @Nullable ByteBuffer open(BufferPool pool) {
        PooledBuffer now = open;
        if (now == null) {
            int size = Math.min(wantedBytes, pool.chunkSize());
            now = memory.take(pool, size, Math.min(size, StageMemory.SHORT_BYTES));
            if (now == null) {
                return null;
            }
            open = now;
            wantedBytes = 4 * size;
        }
        return now.byteBuffer();
    }

    /** What is given out before it is full tells how much comes at a time: the next chunk need not be much longer. */
    private static int wantedAfter(int length) {
        int wanted = FIRST_BYTES;
        while (wanted < length) {
            wanted *= 4;
        }
        return wanted;
    }

    /** Whether nothing waits to be taken. */
    boolean isEmpty() {
        PooledBuffer now = open;
        return now == null || now.byteBuffer().position() == 0;
    }

    /** Takes the chunk out if it is full. */
    @Nullable PooledBuffer takeFull() {
        PooledBuffer now = open;
        return now == null || now.byteBuffer().hasRemaining() ? null : take(now);
    }

    /** Takes out what was written, if anything was. */
    @Nullable PooledBuffer takeRest() {
        PooledBuffer now = open;
        if (now == null || isEmpty()) {
            return null;
        }
        wantedBytes = wantedAfter(now.byteBuffer().position());
        return take(now);
    }

    private PooledBuffer take(PooledBuffer written) {
        open = null;
        return written.resize(written.byteBuffer().position());
    }

    void release() {
        PooledBuffer now = open;
        if (now != null) {
            open = null;
            now.release();
        }
    }
}
