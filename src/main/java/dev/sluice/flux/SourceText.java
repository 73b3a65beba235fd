package dev.sluice.flux;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;

/**
 * {@link ByteSources#text}: encodes a text as far as there is room.
 *
 * <p>The bytes of one character may lie in two chunks, or in more: what does not fit waits in a few bytes of its own.
 */
final class SourceText implements ByteSource {

    /** Above what any encoder makes of two characters, with a mark before them or a shift after them. */
    private static final int SPILL_BYTES = 64;

    private final CharBuffer text;
    private final CharsetEncoder encoder;
    private final ByteBuffer spilled = ByteBuffer.allocate(SPILL_BYTES).limit(0);
    private boolean encoded;
    private boolean flushed;

    SourceText(CharSequence text, Charset charset) {
        this.text = CharBuffer.wrap(text);
        this.encoder = charset.newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        this.encoded = text.isEmpty();
        this.flushed = encoded;
    }

    /** An upper bound. */
    @Override
    public long remainingBytes() {
        return (long) Math.ceil((double) encoder.maxBytesPerChar() * text.remaining()) + SPILL_BYTES;
    }

    @Override
    public boolean isAtEnd() {
        return flushed && !spilled.hasRemaining();
    }

    @Override
    public boolean isAtHand() {
        return true;
    }

    @Override
    public Read read(ByteBuffer target) {
        if (!spilled.hasRemaining() && !encode(target) && target.hasRemaining()) {
            encode(spilled.clear());
            spilled.flip();
        }
        while (spilled.hasRemaining() && target.hasRemaining()) {
            target.put(spilled.get());
        }
        return isAtEnd() ? Read.ENOUGH : Read.ON;
    }

    /** Returns whether that was all; if not, what comes next does not fit. */
    private boolean encode(ByteBuffer target) {
        if (!encoded) {
            encoded = isDone(encoder.encode(text, target, true));
        }
        if (encoded && !flushed) {
            flushed = isDone(encoder.flush(target));
        }
        return flushed;
    }

    private static boolean isDone(CoderResult result) {
        return result.isUnderflow();
    }

    @Override
    public void close() {}
}
