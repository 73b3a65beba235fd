package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import org.jspecify.annotations.Nullable;

/**
 * {@code lines} where the bytes do not tell where a line ends: in charsets that write LF in more than one byte, that
 * have shifts which last over the end of a line, or with more kinds of line breaks than LF.
 *
 * <p>Decodes one character at a time, and so knows of each how many bytes it took.
 */
final class StageLinesOfText implements Stage<String> {

    /** The byte order mark. */
    static final char MARK = '\uFEFF';

    private static final char NEXT_LINE = '\u0085';
    private static final int PIECE_BYTES = 8 << 10;

    private final CharsetDecoder decoder;
    private final int maxBytes;
    private final boolean anyBreak;
    private final StageCursor input = new StageCursor();
    private final ByteBuffer bytes = ByteBuffer.allocate(PIECE_BYTES).flip();

    /** One character, or the two halves of one. */
    private final CharBuffer chars = CharBuffer.allocate(2);

    private final StringBuilder line = new StringBuilder();

    /** Where the line begins, in the input of all buffers; how many bytes it has so far; and the last of its chars. */
    private long start;

    private int lineBytes;
    private int lastBytes;

    /** Whether a byte order mark may come, which is to be dropped. */
    private boolean markDue;

    /** Whether the line before was ended by CR: an LF that follows belongs to it. */
    private boolean afterCr;

    private boolean ended;

    /** Whether the decoder knows that no more bytes come, and whether it has given all that it had. */
    private boolean decoded;

    private boolean flushed;

    StageLinesOfText(Charset charset, int maxBytes, boolean skipsMark, boolean anyBreak) {
        this.decoder = charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        this.maxBytes = maxBytes;
        this.markDue = skipsMark;
        this.anyBreak = anyBreak;
    }

    @Override
    public void accept(PooledBuffer next) {
        input.accept(next);
    }

    @Override
    public @Nullable String next() throws ByteLimitException {
        while (!flushed) {
            int before = bytes.remaining();
            decode();
            int used = before - bytes.remaining();
            if (chars.position() > 0) {
                if (add(used)) {
                    return takeLine();
                }
            } else {
                lineBytes += used; // a shift
                if (used == 0 && !refill()) {
                    return null;
                }
            }
        }
        return line.isEmpty() ? null : takeLine();
    }

    /** Decodes one character, or flushes the decoder once all is decoded. */
    private void decode() {
        chars.clear().limit(1);
        if (decoded) {
            chars.limit(2);
            flushed = decoder.flush(chars).isUnderflow();
            return;
        }
        CoderResult result = decoder.decode(bytes, chars, ended && input.remaining() == 0);
        if (result.isOverflow() && chars.position() == 0) {
            chars.limit(2);
            decoder.decode(bytes, chars, ended && input.remaining() == 0);
        }
    }

    /** Makes more bytes available; false if there are none now. */
    private boolean refill() {
        if (input.remaining() > 0) {
            bytes.compact();
            input.copyTo(bytes);
            bytes.flip();
            return true;
        }
        decoded = ended;
        return ended;
    }

    /** Adds what was decoded to the line; returns whether that was its end. */
    private boolean add(int used) throws ByteLimitException {
        char first = chars.get(0);
        boolean continuesBreak = afterCr && first == '\n';
        boolean isMark = markDue && first == MARK;
        afterCr = false;
        markDue = false;
        if (continuesBreak || isMark) {
            begin();
            return false;
        } else if (first == '\n') {
            dropCr();
            return true;
        } else if (anyBreak && (first == '\r' || first == NEXT_LINE)) {
            afterCr = first == '\r';
            return true;
        }
        line.append(chars.flip());
        lineBytes += used;
        lastBytes = used;
        if (lineBytes - (endsWithCr() ? lastBytes : 0) > maxBytes) {
            throw new ByteLimitException("the line", maxBytes, start);
        }
        return false;
    }

    private boolean endsWithCr() {
        return !anyBreak && !line.isEmpty() && line.charAt(line.length() - 1) == '\r';
    }

    private void dropCr() {
        if (endsWithCr()) {
            line.setLength(line.length() - 1);
        }
    }

    private String takeLine() {
        String taken = line.toString();
        line.setLength(0);
        begin();
        return taken;
    }

    private void begin() {
        lineBytes = 0;
        start = input.offset() - bytes.remaining();
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
