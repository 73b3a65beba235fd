package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/**
 * {@code split}: a slice where a record lies within one buffer, a copy where it lies in several.
 *
 * <p>The delimiter is found by the automaton of Knuth, Morris and Pratt ("Fast Pattern Matching in Strings", 1977),
 * which looks at each byte once and does not care where buffers end.
 */
final class StageSplit implements Stage<PooledBuffer> {

    private final byte[] delimiter;
    private final int[] fallback;
    private final int maxBytes;
    private final StageCursor input = new StageCursor();
    private final StageGather gathered;

    /** Where the record begins, in the input of all buffers. */
    private long start;

    /** How many bytes of the delimiter the end of what was scanned matches. */
    private int matched;

    /** How many bytes of the buffer were scanned: up to and with the delimiter, or all. 0: none yet. */
    private int scanned;

    private boolean ended;

    StageSplit(StageMemory memory, byte[] delimiter, int maxBytes) {
        this.delimiter = delimiter;
        this.fallback = fallbackOf(delimiter);
        this.maxBytes = maxBytes;
        this.gathered = new StageGather(memory, (long) maxBytes + delimiter.length);
    }

    /** For each number of matched bytes, how many still match when the next one does not. */
    private static int[] fallbackOf(byte[] delimiter) {
        int[] fallback = new int[delimiter.length + 1];
        int length = 0;
        for (int i = 1; i < delimiter.length; i++) {
            while (length > 0 && delimiter[i] != delimiter[length]) {
                length = fallback[length];
            }
            length += delimiter[i] == delimiter[length] ? 1 : 0;
            fallback[i + 1] = length;
        }
        return fallback;
    }

    @Override
    public void accept(PooledBuffer next) {
        input.accept(next);
    }

    @Override
    public @Nullable PooledBuffer next() throws ByteLimitException {
        if (input.remaining() > 0) {
            if (scanned == 0) {
                scanned = scan();
                checkLimit((long) gathered.length() + scanned - matched);
            }
            boolean found = matched == delimiter.length;
            if (found && gathered.isEmpty()) {
                return finished(input.take(scanned - delimiter.length, delimiter.length));
            }
            if (!gathered.add(input, scanned)) {
                return null;
            }
            scanned = 0;
            return found ? finished(gathered.take(delimiter.length)) : null;
        }
        if (ended && !gathered.isEmpty()) {
            checkLimit(gathered.length());
            return finished(gathered.take(0));
        }
        return null;
    }

    /** Returns how many bytes of the buffer lie before the end of the next delimiter, or all. */
    private int scan() {
        int remaining = input.remaining();
        int at = 0;
        while (at < remaining && matched < delimiter.length) {
            if (matched == 0) {
                int hit = input.indexOf(delimiter[0], at);
                if (hit < 0) {
                    return remaining;
                }
                at = hit + 1;
                matched = 1;
            } else {
                byte b = input.peek(at++);
                while (matched > 0 && b != delimiter[matched]) {
                    matched = fallback[matched];
                }
                matched += b == delimiter[matched] ? 1 : 0;
            }
        }
        return at;
    }

    private void checkLimit(long length) throws ByteLimitException {
        if (length > maxBytes) {
            throw new ByteLimitException("the record", maxBytes, start);
        }
    }

    private PooledBuffer finished(PooledBuffer record) {
        start = input.offset();
        scanned = 0;
        matched = 0;
        return record;
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
