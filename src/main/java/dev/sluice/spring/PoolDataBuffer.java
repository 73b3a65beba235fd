package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.PooledDataBuffer;
import org.springframework.util.Assert;

/**
 * The buffers of {@link PooledDataBufferFactory}: two positions in a {@link PoolDataHolds}.
 *
 * <pre>{@code
 *   memory:  0 ...... offset                                       offset + capacity ......
 *   buffer:           0 <= readPosition <= writePosition <= capacity
 * }</pre>
 *
 * <p>A slice shares the memory and its count of holders, so it lives as long as its buffer does, and has a fixed
 * capacity. What {@code split} returns, and an iterator, hold a right of their own. A buffer grows into what its lease
 * has beyond the capacity, and then by taking a larger lease and copying.
 */
final class PoolDataBuffer implements PooledDataBuffer {

    /** From here on a buffer grows in steps of this size; below, it doubles. */
    private static final int STEP_BYTES = 4 << 20;

    private static final int LEAST_GROWN_BYTES = 64;

    private final PooledDataBufferFactory factory;
    private final PoolDataHolds memory;
    private final boolean sliced;
    private int offset;
    private int capacity;
    private int readPosition;
    private int writePosition;

    private PoolDataBuffer(
            PooledDataBufferFactory factory,
            PoolDataHolds memory,
            boolean sliced,
            int offset,
            int capacity,
            int written) {
        this.factory = factory;
        this.memory = memory;
        this.sliced = sliced;
        this.offset = offset;
        this.capacity = capacity;
        this.writePosition = written;
    }

    static PoolDataBuffer of(PooledDataBufferFactory factory, PoolDataBytes bytes, int capacity, int written) {
        return new PoolDataBuffer(factory, new PoolDataHolds(bytes), false, 0, capacity, written);
    }

    /** The lease under this buffer, if it has one. */
    @Nullable PooledBuffer lease() {
        return memory.lease();
    }

    /** Turns the hold of this buffer into a lease on what is readable; the buffer is released by that. */
    PooledBuffer take(PooledBuffer lease) {
        return memory.take(lease, offset + readPosition, readableByteCount());
    }

    @Override
    public PooledDataBufferFactory factory() {
        return factory;
    }

    @Override
    public boolean isAllocated() {
        return memory.isAllocated();
    }

    @Override
    public PoolDataBuffer retain() {
        memory.retain();
        return this;
    }

    @Override
    public PoolDataBuffer touch(Object hint) {
        memory.touch(hint);
        return this;
    }

    @Override
    public boolean release() {
        return memory.release();
    }

    @Override
    public int indexOf(IntPredicate predicate, int fromIndex) {
        Assert.notNull(predicate, "IntPredicate must not be null");
        ByteBuffer bytes = memory.view();
        for (int i = Math.max(0, fromIndex); i < writePosition; i++) {
            if (predicate.test(bytes.get(offset + i))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public int lastIndexOf(IntPredicate predicate, int fromIndex) {
        Assert.notNull(predicate, "IntPredicate must not be null");
        ByteBuffer bytes = memory.view();
        for (int i = Math.min(fromIndex, writePosition - 1); i >= 0; i--) {
            if (predicate.test(bytes.get(offset + i))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public int forEachByte(int index, int length, ByteProcessor processor) {
        Assert.isTrue(length >= 0, "Length must be >= 0");
        Objects.checkFromIndexSize(index, length, writePosition);
        ByteBuffer bytes = memory.view();
        for (int i = index; i < index + length; i++) {
            if (!processor.process(bytes.get(offset + i))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public int readableByteCount() {
        return writePosition - readPosition;
    }

    @Override
    public int writableByteCount() {
        return capacity - writePosition;
    }

    @Override
    public int readPosition() {
        return readPosition;
    }

    @Override
    public PoolDataBuffer readPosition(int position) {
        if (position < 0 || position > writePosition) {
            throw outOfBounds("readPosition", position, 0, writePosition);
        }
        readPosition = position;
        return this;
    }

    @Override
    public int writePosition() {
        return writePosition;
    }

    @Override
    public PoolDataBuffer writePosition(int position) {
        if (position < readPosition || position > capacity) {
            throw outOfBounds("writePosition", position, readPosition, capacity);
        }
        writePosition = position;
        return this;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    @Deprecated
    public PoolDataBuffer capacity(int wanted) {
        Assert.isTrue(wanted >= 0, () -> "the capacity must be at least 0, not " + wanted);
        if (sliced && wanted != capacity) {
            throw new UnsupportedOperationException(message("a slice has a fixed capacity, %,d bytes", capacity));
        }
        if (wanted > capacity) {
            grow(wanted, wanted);
        } else {
            capacity = wanted;
            writePosition = Math.min(writePosition, wanted);
            readPosition = Math.min(readPosition, wanted);
        }
        return this;
    }

    @Override
    public PoolDataBuffer ensureWritable(int length) {
        if (length > writableByteCount()) {
            if (sliced) {
                throw new IndexOutOfBoundsException(message(
                        "%,d bytes do not fit a slice that has room for %,d more", length, writableByteCount()));
            }
            int least = Math.addExact(writePosition, length);
            grow(least, comfortable(least));
        }
        return this;
    }

    private static int comfortable(int least) {
        if (least <= STEP_BYTES) {
            return Math.max(LEAST_GROWN_BYTES, Integer.highestOneBit(Math.max(1, least - 1)) << 1);
        }
        long steps = (long) (least / STEP_BYTES + 1) * STEP_BYTES;
        return (int) Math.min(steps, Integer.MAX_VALUE);
    }

    private void grow(int least, int wanted) {
        ByteBuffer bytes = memory.view();
        int room = bytes.capacity() - offset;
        if (room >= least) {
            capacity = Math.min(wanted, room);
            return;
        }
        int whole = (int) Math.min((long) offset + wanted, Integer.MAX_VALUE);
        PoolDataBytes larger = factory.larger(Math.addExact(offset, least), whole);
        larger.view().put(0, bytes, 0, offset + capacity);
        memory.replace(larger);
        capacity = Math.min(wanted, larger.view().capacity() - offset);
    }

    @Override
    public byte getByte(int index) {
        return memory.view().get(offset + Objects.checkIndex(index, writePosition));
    }

    @Override
    public byte read() {
        byte next = getByte(readPosition);
        readPosition++;
        return next;
    }

    @Override
    public PoolDataBuffer read(byte[] destination) {
        Assert.notNull(destination, "Byte array must not be null");
        return read(destination, 0, destination.length);
    }

    @Override
    public PoolDataBuffer read(byte[] destination, int from, int length) {
        Assert.notNull(destination, "Byte array must not be null");
        Objects.checkFromIndexSize(readPosition, length, writePosition);
        memory.view().get(offset + readPosition, destination, from, length);
        readPosition += length;
        return this;
    }

    @Override
    public PoolDataBuffer write(byte b) {
        ensureWritable(1);
        memory.view().put(offset + writePosition, b);
        writePosition++;
        return this;
    }

    @Override
    public PoolDataBuffer write(byte[] source) {
        Assert.notNull(source, "Byte array must not be null");
        return write(source, 0, source.length);
    }

    @Override
    public PoolDataBuffer write(byte[] source, int from, int length) {
        Assert.notNull(source, "Byte array must not be null");
        Objects.checkFromIndexSize(from, length, source.length);
        ensureWritable(length);
        memory.view().put(offset + writePosition, source, from, length);
        writePosition += length;
        return this;
    }

    @Override
    public PoolDataBuffer write(DataBuffer @Nullable ... buffers) {
        if (buffers != null) {
            int length = 0;
            for (DataBuffer buffer : buffers) {
                length = Math.addExact(length, buffer.readableByteCount());
            }
            ensureWritable(length);
            for (DataBuffer buffer : buffers) {
                append(buffer);
            }
        }
        return this;
    }

    private void append(DataBuffer buffer) {
        if (buffer instanceof PoolDataBuffer own) {
            int length = own.readableByteCount();
            int from = own.offset + own.readPosition;
            memory.view().put(offset + writePosition, own.memory.view(), from, length);
            writePosition += length;
            return;
        }
        try (ByteBufferIterator parts = buffer.readableByteBuffers()) {
            while (parts.hasNext()) {
                append(parts.next());
            }
        }
    }

    @Override
    public PoolDataBuffer write(ByteBuffer @Nullable ... buffers) {
        if (buffers != null) {
            int length = 0;
            for (ByteBuffer buffer : buffers) {
                length = Math.addExact(length, buffer.remaining());
            }
            ensureWritable(length);
            for (ByteBuffer buffer : buffers) {
                append(buffer);
            }
        }
        return this;
    }

    private void append(ByteBuffer source) {
        int length = source.remaining();
        memory.view().put(offset + writePosition, source, source.position(), length);
        source.position(source.limit());
        writePosition += length;
    }

    @Override
    @Deprecated
    public PoolDataBuffer slice(int index, int length) {
        Objects.checkFromIndexSize(index, length, capacity);
        memory.view();
        return new PoolDataBuffer(factory, memory, true, offset + index, length, length);
    }

    @Override
    public PoolDataBuffer split(int index) {
        if (index < 0 || index > capacity) {
            throw outOfBounds("index", index, 0, capacity);
        }
        PoolDataHolds headMemory = new PoolDataHolds(memory.part(offset, index));
        PoolDataBuffer head = new PoolDataBuffer(factory, headMemory, false, 0, index, Math.min(writePosition, index));
        head.readPosition = Math.min(readPosition, index);
        offset += index;
        capacity -= index;
        writePosition = Math.max(writePosition, index) - index;
        readPosition = Math.max(readPosition, index) - index;
        return head;
    }

    @Override
    @Deprecated
    public ByteBuffer asByteBuffer() {
        return asByteBuffer(readPosition, readableByteCount());
    }

    @Override
    @Deprecated
    public ByteBuffer asByteBuffer(int index, int length) {
        Objects.checkFromIndexSize(index, length, capacity);
        return memory.view().slice(offset + index, length);
    }

    @Override
    @Deprecated
    public ByteBuffer toByteBuffer(int index, int length) {
        Objects.checkFromIndexSize(index, length, capacity);
        ByteBuffer bytes = memory.view();
        ByteBuffer copy = bytes.isDirect() ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
        return copy.put(0, bytes, offset + index, length);
    }

    @Override
    public void toByteBuffer(int from, ByteBuffer destination, int to, int length) {
        Assert.notNull(destination, "Dest must not be null");
        Objects.checkFromIndexSize(from, length, capacity);
        destination.duplicate().clear().put(to, memory.view(), offset + from, length);
    }

    @Override
    public ByteBufferIterator readableByteBuffers() {
        PoolDataBytes part = memory.part(offset + readPosition, readableByteCount());
        return new Part(part, part.view().asReadOnlyBuffer());
    }

    @Override
    public ByteBufferIterator writableByteBuffers() {
        PoolDataBytes part = memory.part(offset + writePosition, writableByteCount());
        return new Part(part, part.view());
    }

    @Override
    public String toString(int index, int length, Charset charset) {
        Assert.notNull(charset, "Charset must not be null");
        Objects.checkFromIndexSize(index, length, capacity);
        ByteBuffer bytes = memory.view();
        if (bytes.hasArray()) {
            return new String(bytes.array(), bytes.arrayOffset() + offset + index, length, charset);
        }
        byte[] copy = new byte[length];
        bytes.get(offset + index, copy);
        return new String(copy, charset);
    }

    @Override
    public String toString() {
        return message("PoolDataBuffer (r: %d, w: %d, c: %d)", readPosition, writePosition, capacity);
    }

    private static IndexOutOfBoundsException outOfBounds(String what, int actual, int least, int most) {
        return new IndexOutOfBoundsException(message("%s must be from %,d to %,d, not %,d", what, least, most, actual));
    }

    /** Iterates over the one byte buffer that there is, and keeps its memory until it is closed. */
    private static final class Part implements ByteBufferIterator {

        private final PoolDataBytes part;
        private @Nullable ByteBuffer next;
        private boolean closed;

        Part(PoolDataBytes part, ByteBuffer view) {
            this.part = part;
            this.next = view;
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public ByteBuffer next() {
            ByteBuffer now = next;
            if (now == null) {
                throw new NoSuchElementException("a buffer of a pool has one byte buffer");
            }
            next = null;
            return now;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                part.release();
            }
        }
    }
}
