package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code lengthPrefixed}: a slice where a record lies within one buffer, a copy where it lies in several. */
final class StageLengthPrefixed implements Stage<PooledBuffer> {

    private final StageMemory memory;
    private final int fieldBytes;
    private final boolean bigEndian;
    private final int maxBytes;
    private final StageCursor input = new StageCursor();

    /** What was read of the length, and how many bytes that is; all of them while the record is read. */
    private long length;

    private int fieldRead;
    private long fieldStart;

    private @Nullable PooledBuffer record;
    private boolean ended;

    StageLengthPrefixed(StageMemory memory, int fieldBytes, ByteOrder order, int maxBytes) {
        this.memory = memory;
        this.fieldBytes = fieldBytes;
        this.bigEndian = order == ByteOrder.BIG_ENDIAN;
        this.maxBytes = maxBytes;
        memory.reserveForRecords(maxBytes, Stage.Input.SLICED);
    }

    static void checkField(int fieldBytes, ByteOrder order) {
        Objects.requireNonNull(order, "order");
        if (fieldBytes < 1 || fieldBytes > Long.BYTES || (fieldBytes > Integer.BYTES && fieldBytes < Long.BYTES)) {
            throw new IllegalArgumentException(
                    Messages.message("a length has 1, 2, 3, 4 or 8 bytes, not %,d", fieldBytes));
        }
    }

    @Override
    public void accept(PooledBuffer next) {
        input.accept(next);
    }

    @Override
    public @Nullable PooledBuffer next() throws ByteStreamException {
        while (input.remaining() > 0 && fieldRead < fieldBytes) {
            PooledBuffer empty = readField();
            if (empty != null) {
                return finished(empty);
            }
        }
        if (input.remaining() > 0) {
            return readRecord();
        }
        if (ended && fieldRead > 0) {
            throw new TruncatedBytesException(fieldRead < fieldBytes ? "a length" : "a record", input.offset());
        }
        return null;
    }

    /** Reads a byte of the length. With its last, the buffer may be used up: so an empty record is cut before. */
    private @Nullable PooledBuffer readField() throws ByteStreamException {
        if (fieldRead == 0) {
            fieldStart = input.offset();
            length = 0;
        }
        long value = input.peek(0) & 0xFFL;
        length = bigEndian ? length << 8 | value : length | value << (8 * fieldRead);
        fieldRead++;
        if (fieldRead == fieldBytes) {
            checkLength();
            if (length == 0) {
                return input.take(0, 1);
            }
        }
        input.skip(1);
        return null;
    }

    private void checkLength() throws ByteStreamException {
        long value = fieldBytes == Integer.BYTES ? (int) length : length;
        if (value < 0) {
            throw new MalformedBytesException(Messages.message("the length is negative, %,d,", value), fieldStart);
        } else if (value > maxBytes) {
            throw new ByteLimitException(Messages.message("the record of %,d bytes", value), maxBytes, fieldStart);
        }
    }

    private @Nullable PooledBuffer readRecord() {
        int size = (int) length;
        PooledBuffer open = record;
        if (open == null) {
            if (input.remaining() >= size) {
                return finished(input.take(size));
            }
            BufferPool pool = input.current().pool();
            open = memory.takeLarger(pool, size, size, input.current().pinnedBytes(), size);
            if (open == null) {
                return null;
            }
            record = open;
        }
        input.copyTo(open.byteBuffer());
        if (open.byteBuffer().hasRemaining()) {
            return null;
        }
        record = null;
        memory.endGrowth();
        return finished(open.resize(size));
    }

    private PooledBuffer finished(PooledBuffer whole) {
        fieldRead = 0;
        return whole;
    }

    @Override
    public void end() {
        ended = true;
    }

    @Override
    public void release() {
        input.release();
        PooledBuffer open = record;
        if (open != null) {
            record = null;
            open.release();
        }
    }
}
