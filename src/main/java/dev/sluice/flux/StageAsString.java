package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/** {@code asString}: gathers the bytes in an array that grows, since a string is made of an array. */
final class StageAsString implements Stage<String> {

    private final Charset charset;
    private final int maxBytes;
    private final StageCursor input = new StageCursor();
    private final StageByteArray bytes;
    private boolean ended;
    private boolean complete;

    StageAsString(Charset charset, int maxBytes) {
        this.charset = charset;
        this.maxBytes = maxBytes;
        this.bytes = new StageByteArray(maxBytes);
    }

    @Override
    public void accept(PooledBuffer next) throws ByteLimitException {
        input.accept(next);
        if (input.remaining() > maxBytes - bytes.length()) {
            throw new ByteLimitException("the input", maxBytes, 0);
        }
    }

    @Override
    public @Nullable String next() throws ByteLimitException {
        int length = input.remaining();
        if (length > 0) {
            input.copyTo(bytes.grow(length), bytes.length() - length, length);
        }
        if (!ended || complete) {
            return null;
        }
        complete = true;
        return bytes.takeString(charset, 0);
    }

    @Override
    public void end() {
        ended = true;
    }

    @Override
    public void release() {
        input.release();
    }
}
