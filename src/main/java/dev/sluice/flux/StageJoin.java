package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/** {@code join}: the buffer itself if there is only one, a copy of all if there are several. */
final class StageJoin implements Stage<PooledBuffer> {

    private final int maxBytes;
    private final StageCursor input = new StageCursor();
    private final StageGather gathered;
    private boolean ended;

    StageJoin(StageMemory memory, int maxBytes) {
        this.maxBytes = maxBytes;
        this.gathered = new StageGather(memory, maxBytes);
    }

    @Override
    public void accept(PooledBuffer next) throws ByteLimitException {
        input.accept(next);
        if ((long) gathered.length() + input.remaining() > maxBytes) {
            throw new ByteLimitException("the input", maxBytes, 0);
        }
    }

    @Override
    public @Nullable PooledBuffer next() {
        if (input.remaining() > 0 && !gathered.add(input, input.remaining())) {
            return null;
        }
        return ended && !gathered.isEmpty() ? gathered.take(0) : null;
    }

    @Override
    public void end() {
        ended = true;
    }

    @Override
    public void release() {
        input.release();
        gathered.release();
    }
}
