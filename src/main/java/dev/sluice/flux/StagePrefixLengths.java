package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** {@code prefixLengths}: a small buffer with the length before each buffer, which passes as it is. */
final class StagePrefixLengths implements Stage<PooledBuffer> {

    private final StageMemory memory;
    private final int fieldBytes;
    private final boolean bigEndian;
    private @Nullable PooledBuffer record;
    private boolean prefixed;

    /** Where the record begins, in the input of all buffers. */
    private long start;

    StagePrefixLengths(StageMemory memory, int fieldBytes, ByteOrder order) {
        this.memory = memory;
        this.fieldBytes = fieldBytes;
        this.bigEndian = order == ByteOrder.BIG_ENDIAN;
        memory.reserve(fieldBytes, Stage.Input.SLICED);
    }

    /** The longest that {@code lengthPrefixed} reads from so many bytes: four and eight of them are signed. */
    private long largestLength() {
        return fieldBytes < Integer.BYTES ? (1L << (8 * fieldBytes)) - 1 : Integer.MAX_VALUE;
    }

    @Override
    public void accept(PooledBuffer next) throws ByteLimitException {
        record = next;
        prefixed = false;
        if (next.length() > largestLength()) {
            throw new ByteLimitException(
                    Messages.message("the record of %,d bytes", next.length()), largestLength(), start);
        }
        start += next.length();
    }

    @Override
    public @Nullable PooledBuffer next() {
        PooledBuffer now = record;
        if (now == null) {
            return null;
        }
        if (!prefixed) {
            PooledBuffer field = memory.take(now.pool(), fieldBytes);
            if (field != null) {
                write(now.length(), field.byteBuffer());
                prefixed = true;
            }
            return field;
        }
        if (now.isEmpty()) {
            release();
            return null;
        }
        record = null;
        return now;
    }

    private void write(long length, ByteBuffer field) {
        for (int i = 0; i < fieldBytes; i++) {
            int place = bigEndian ? fieldBytes - 1 - i : i;
            field.put(i, (byte) (length >>> (8 * place)));
        }
    }

    @Override
    public void release() {
        PooledBuffer now = record;
        if (now != null) {
            record = null;
            now.release();
        }
    }
}
