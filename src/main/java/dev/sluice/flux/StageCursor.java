package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** A buffer that is used up from front to back, and how many bytes came before it. Owns the buffer until then. */
final class StageCursor {

    private @Nullable PooledBuffer buffer;

    /** Little-endian for {@link #indexOf}. */
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    private int position;
    private int limit;
    private long before;

    /** Puts in the next buffer; the former must be used up. */
    void accept(PooledBuffer next) {
        before = offset();
        position = 0;
        limit = 0;
        buffer = next;
        bytes = next.readOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        limit = bytes.limit();
        releaseIfUsedUp();
    }

    int remaining() {
        return buffer == null ? 0 : limit - position;
    }

    /** How many bytes were used up, over all buffers. */
    long offset() {
        return before + position;
    }

    /** The buffer; there is one while {@link #remaining()} is above 0. */
    PooledBuffer current() {
        PooledBuffer now = buffer;
        if (now == null) {
            throw new IllegalStateException("no buffer");
        }
        return now;
    }

    /** The bytes that are left, read-only, for the one who {@linkplain #skip skips} what it has read of them. */
    ByteBuffer view() {
        return bytes.position(position);
    }

    byte peek(int ahead) {
        return bytes.get(position + ahead);
    }

    /**
     * Finds a byte, by eight at a time.
     *
     * @param from where to begin, relative to the position
     * @return index of the first occurrence relative to the position; -1 if there is none
     */
    int indexOf(byte value, int from) {
        long pattern = StageSwar.pattern(value);
        int i = position + from;
        for (; i <= limit - Long.BYTES; i += Long.BYTES) {
            long matches = StageSwar.matches(bytes.getLong(i), pattern);
            if (matches != 0) {
                return i + StageSwar.first(matches) - position;
            }
        }
        for (; i < limit; i++) {
            if (bytes.get(i) == value) {
                return i - position;
            }
        }
        return -1;
    }

    /** Whether so many bytes are the whole buffer. */
    boolean isWhole(int length) {
        return position == 0 && length == limit;
    }

    /** Takes bytes as a lease of their own: the buffer itself if they are the whole of it. */
    PooledBuffer take(int length) {
        return take(length, 0);
    }

    /** Takes bytes as a lease of their own, and uses up some more that follow. */
    PooledBuffer take(int length, int dropped) {
        PooledBuffer now = current();
        if (isWhole(length)) {
            buffer = null;
            position = length;
            return now;
        }
        PooledBuffer part = now.slice(position, length);
        skip(length + dropped);
        return part;
    }

    /** Copies as many bytes as there are and fit, and uses them up. */
    void copyTo(ByteBuffer target) {
        int length = Math.min(remaining(), target.remaining());
        target.put(target.position(), bytes, position, length);
        target.position(target.position() + length);
        skip(length);
    }

    /** Copies bytes, and uses them up. */
    void copyTo(byte[] target, int at, int length) {
        bytes.get(position, target, at, length);
        skip(length);
    }

    void skip(int length) {
        position += length;
        releaseIfUsedUp();
    }

    private void releaseIfUsedUp() {
        if (position == limit) {
            release();
        }
    }

    void release() {
        PooledBuffer now = buffer;
        if (now != null) {
            buffer = null;
            now.release();
        }
    }
}
