package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Set;
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

    /** Whether a byte order mark may come, which is to be dropped. */
    private boolean markDue;

    private final StageCursor input = new StageCursor();

    private byte[] piece = new byte[0];
    private int from;
    private int to;

    /** What earlier pieces had of the line. */
    private final StageByteArray begun;

    /** Where the line begins, in the input of all buffers. */
    private long start;

    private boolean ended;

    StageLines(Charset charset, int maxBytes, boolean skipsMark) {
        this.charset = charset;
        this.maxBytes = maxBytes;
        this.markDue = skipsMark;
        this.begun = new StageByteArray((int) Math.min(maxBytes + 1L, StageByteArray.MAX_BYTES));
    }

    /** Chooses how to find lines: among the bytes where that is possible, or else among the characters. */
    static Stage<String> of(Charset charset, int maxBytes, Set<LineOption> options) {
        boolean skipsMark = options.contains(LineOption.SKIP_BOM);
        boolean anyBreak = options.contains(LineOption.ANY_BREAK);
        return !anyBreak && isPlain(charset) && isStateless(charset)
                ? new StageLines(charset, maxBytes, skipsMark)
                : new StageLinesOfText(charset, maxBytes, skipsMark, anyBreak);
    }

    /** Whether a byte 0x0A is the one way to write LF. */
    private static boolean isPlain(Charset charset) {
        if (!charset.canEncode()) {
            return false;
        }
        ByteBuffer encoded = charset.encode("\n");
        return encoded.remaining() == 1 && encoded.get(0) == LF;
    }

    /** Whether a line means the same whatever came before it: no ESC, SO or SI changes what the bytes stand for. */
    private static boolean isStateless(Charset charset) {
        for (byte control : new byte[] {0x1b, 0x0e, 0x0f}) {
            if (!new String(new byte[] {control}, charset).equals(String.valueOf((char) control))) {
                return false;
            }
        }
        return true;
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
        String last = withoutMark(begun.takeString(charset, 0));
        return last.isEmpty() ? null : last;
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

    private String line(int end) throws ByteLimitException {
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
        return withoutMark(line);
    }

    private String withoutMark(String line) {
        boolean marked = markDue && !line.isEmpty() && line.charAt(0) == StageLinesOfText.MARK;
        markDue = false;
        return marked ? line.substring(1) : line;
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
