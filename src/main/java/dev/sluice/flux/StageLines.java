package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code lines}: lines are found in an array, through which the bytes of the buffers pass piece by piece.
 *
 * <p>A string can be made of an array only; so each byte is copied once anyway, and in larger pieces it is cheaper than
 * by line. The piece is small enough for a core's own cache.
 */
final class StageLines implements Stage<String> {

    private static final int PIECE_BYTES = 8 << 10;
    private static final byte CR = '\r';
    private static final byte LF = '\n';
    private static final long LINE_FEEDS = StageSwar.pattern(LF);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Charset charset;
    private final int maxBytes;
    private final StageCursor input = new StageCursor();

    private byte[] piece = new byte[0];
    private int from;
    private int to;

    /** What earlier pieces had of the line. */
    private final StageByteArray begun;

    /** Where the line begins, in the input of all buffers. */
    private long start;

    private boolean ended;

    StageLines(Charset charset, int maxBytes) {
        this.charset = charset;
        this.maxBytes = maxBytes;
        this.begun = new StageByteArray((int) Math.min(maxBytes + 1L, Integer.MAX_VALUE - 8));
    }

    /** Refuses a charset in which a byte 0x0A is not the one way to write LF. */
    static Charset checked(Charset charset) {
        boolean plain = charset.canEncode();
        if (plain) {
            ByteBuffer encoded = charset.encode(CharBuffer.wrap("\n"));
            plain = encoded.remaining() == 1 && encoded.get(0) == LF;
        }
        if (!plain) {
            throw new IllegalArgumentException(
                    "lines need a charset in which the byte 0x0A stands for LF, unlike %s".formatted(charset.name()));
        }
        return charset;
    }

    @Override
    public void accept(PooledBuffer next) {
        input.accept(next);
    }

    @Override
    public @Nullable String next() throws ByteLimitException {
        while (from < to || fill()) {
            int end = indexOfLineFeed();
            int stop = end < 0 ? to : end;
            checkLimit(stop);
            if (end >= 0) {
                return line(end);
            }
            begun.add(piece, from, to - from);
            from = to;
        }
        if (!ended || begun.length() == 0) {
            return null;
        }
        if (begun.length() > maxBytes) {
            throw tooLong();
        }
        return begun.takeString(charset, 0);
    }

    private boolean fill() {
        int length = Math.min(input.remaining(), PIECE_BYTES);
        if (length == 0) {
            return false;
        }
        if (piece.length < length) {
            piece = Arrays.copyOf(piece, length);
        }
        input.copyTo(piece, 0, length);
        from = 0;
        to = length;
        return true;
    }

    private int indexOfLineFeed() {
        byte[] bytes = piece;
        int stop = to;
        int i = from;
        for (; i <= stop - Long.BYTES; i += Long.BYTES) {
            long matches = StageSwar.matches((long) LONGS.get(bytes, i), LINE_FEEDS);
            if (matches != 0) {
                return i + StageSwar.first(matches);
            }
        }
        for (; i < stop; i++) {
            if (bytes[i] == LF) {
                return i;
            }
        }
        return -1;
    }

    /** Counts a CR at the end only if it is known to belong to the line. */
    private void checkLimit(int stop) throws ByteLimitException {
        long length = (long) begun.length() + stop - from;
        if (length > maxBytes && length - (endsWithCr(stop) ? 1 : 0) > maxBytes) {
            throw tooLong();
        }
    }

    private boolean endsWithCr(int stop) {
        return stop > from ? piece[stop - 1] == CR : begun.endsWith(CR);
    }

    private ByteLimitException tooLong() {
        return new ByteLimitException("the line", maxBytes, start);
    }

    private String line(int end) {
        int dropped = endsWithCr(end) ? 1 : 0;
        String line;
        if (begun.length() == 0) {
            line = new String(piece, from, end - from - dropped, charset);
        } else {
            begun.add(piece, from, end - from);
            line = begun.takeString(charset, dropped);
        }
        from = end + 1;
        start = input.offset() - (to - from);
        return line;
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
