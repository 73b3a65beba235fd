package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/** {@code byteRange}, {@code skipBytes} and {@code takeBytes}: whole buffers, and slices at the edges of the range. */
final class StageByteRange implements Stage<PooledBuffer> {

    private final StageCursor input = new StageCursor();
    private long toSkip;
    private long toTake;

    StageByteRange(long skipped, long taken) {
        toSkip = skipped;
        toTake = taken;
    }

    @Override
    public void accept(PooledBuffer next) {
        input.accept(next);
    }

    @Override
    public @Nullable PooledBuffer next() {
        int skipped = (int) Math.min(toSkip, input.remaining());
        input.skip(skipped);
        toSkip -= skipped;
        int taken = (int) Math.min(toTake, input.remaining());
        if (taken == 0) {
            return null;
        }
        toTake -= taken;
        return input.take(taken);
    }

    @Override
    public boolean isFull() {
        return toTake == 0;
    }

    @Override
    public void release() {
        input.release();
    }
}
