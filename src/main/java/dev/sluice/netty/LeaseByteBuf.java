package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import io.netty.buffer.AbstractReferenceCountedByteBuf;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * A {@code ByteBuf} whose memory is a lease, which it releases when its reference count reaches zero.
 *
 * <pre>{@code
 *      0 <= readerIndex <= writerIndex <= capacity() <= room <= ...
 *      |<------------ memory ------------>|
 *      |<----------------- lease ----------------->|
 * }</pre>
 *
 * <p>It holds no memory while its capacity is 0. It grows within its lease at no cost, and beyond it by another lease,
 * to which it copies its content. One of these belongs to one lease and is never used again: what Netty's pools save by
 * recycling such an object, a double release costs the next holder.
 *
 * <p>All access goes through the lease's own {@code ByteBuffer}, whose position and limit nobody moves but {@link
 * #capacity(int)}; so a stale access meets its bounds check, and never reaches memory that was freed.
 */
final class LeaseByteBuf extends AbstractReferenceCountedByteBuf {

    private static final ByteBuffer EMPTY_DIRECT = ByteBuffer.allocateDirect(0);
    private static final ByteBuffer EMPTY_HEAP = ByteBuffer.allocate(0);

    /** How much is copied at once between direct memory and a stream. */
    private static final int STREAM_BYTES = 8 << 10;

    private final ByteBufAllocator alloc;

    /**
     * Where the memory goes, and where more of it comes from if this is a {@link LeaseSource}; otherwise, this cannot
     * grow.
     */
    private final LeaseSink sink;

    private final boolean direct;
    private @Nullable PooledBuffer lease;

    /** The lease's view: limit {@code capacity}, big-endian. */
    private ByteBuffer memory;

    /** For calls that need a position; made when it is first needed. */
    private @Nullable ByteBuffer movable;

    private int capacity;

    /**
     * Makes an empty buffer.
     *
     * @param lease what was taken from the source for it; null: nothing, until it grows
     */
    LeaseByteBuf(ByteBufAllocator alloc, LeaseSource source, @Nullable PooledBuffer lease, int maxCapacity) {
        super(maxCapacity);
        this.alloc = alloc;
        this.sink = source;
        this.direct = source.isDirect();
        this.lease = lease;
        this.memory = lease == null ? empty(direct) : lease.byteBuffer();
        this.capacity = memory.limit();
    }

    /**
     * Makes a full buffer over somebody's lease.
     *
     * @param sink who gets it back
     */
    LeaseByteBuf(ByteBufAllocator alloc, LeaseSink sink, PooledBuffer lease) {
        super(lease.length());
        this.alloc = alloc;
        this.sink = sink;
        this.lease = lease.resize(lease.length());
        this.memory = lease.byteBuffer().order(ByteOrder.BIG_ENDIAN);
        this.direct = memory.isDirect();
        this.capacity = memory.limit();
        setIndex(0, capacity);
    }

    private static ByteBuffer empty(boolean direct) {
        return direct ? EMPTY_DIRECT : EMPTY_HEAP;
    }

    /** The lease that this buffer lives on now; null while it has no memory. */
    @Nullable PooledBuffer lease() {
        return lease;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public ByteBuf capacity(int newCapacity) {
        checkNewCapacity(newCapacity);
        if (newCapacity < capacity) {
            trimIndicesToCapacity(newCapacity);
            shrink(newCapacity);
        } else if (newCapacity > capacity) {
            grow(newCapacity);
        }
        return this;
    }

    private void grow(int newCapacity) {
        PooledBuffer now = lease;
        if (now != null && newCapacity <= now.capacity()) {
            use(now.resize(newCapacity), newCapacity);
        } else if (sink instanceof LeaseSource source) {
            moveTo(source.lease(newCapacity), newCapacity);
        }
    }

    /** Gives memory up that is no longer needed, where less than half of it is and the pool has the lesser buffer. */
    private void shrink(int newCapacity) {
        PooledBuffer now = lease;
        if (now == null) {
            return;
        }
        LeaseSource source = sink instanceof LeaseSource it ? it : null;
        if (newCapacity == 0 && source != null) {
            use(null, 0);
            source.giveBack(now);
            return;
        }
        PooledBuffer lesser = source != null && newCapacity <= now.capacity() / 2 ? source.tryLease(newCapacity) : null;
        if (lesser == null) {
            use(now.resize(newCapacity), newCapacity);
        } else {
            moveTo(lesser, newCapacity);
        }
    }

    private void moveTo(PooledBuffer next, int newCapacity) {
        PooledBuffer former = lease;
        next.byteBuffer().put(0, memory, 0, Math.min(capacity, newCapacity));
        use(next, newCapacity);
        if (former != null) {
            sink.giveBack(former);
        }
    }

    private void use(@Nullable PooledBuffer next, int newCapacity) {
        lease = next;
        memory = next == null ? empty(direct) : next.byteBuffer();
        movable = null;
        capacity = newCapacity;
    }

    @Override
    public int maxFastWritableBytes() {
        PooledBuffer now = lease;
        int room = now == null ? 0 : now.capacity();
        return Math.max(capacity, Math.min(room, maxCapacity())) - writerIndex();
    }

    @Override
    protected void deallocate() {
        PooledBuffer now = lease;
        if (now != null) {
            use(null, 0);
            sink.giveBack(now);
        }
    }

    @Override
    public ByteBufAllocator alloc() {
        return alloc;
    }

    @Override
    @SuppressWarnings("deprecation")
    public ByteOrder order() {
        return ByteOrder.BIG_ENDIAN;
    }

    @Override
    public @Nullable ByteBuf unwrap() {
        return null;
    }

    @Override
    public boolean isDirect() {
        return direct;
    }

    @Override
    public boolean isContiguous() {
        return true;
    }

    @Override
    public boolean hasArray() {
        return memory.hasArray();
    }

    @Override
    public byte[] array() {
        ensureAccessible();
        return memory.array();
    }

    @Override
    public int arrayOffset() {
        ensureAccessible();
        return memory.arrayOffset();
    }

    @Override
    public boolean hasMemoryAddress() {
        return direct && PlatformDependent.hasDirectByteBufferAddress(memory);
    }

    @Override
    public long memoryAddress() {
        ensureAccessible();
        if (!hasMemoryAddress()) {
            throw new UnsupportedOperationException(
                    direct ? "this JVM does not tell the address of a direct buffer" : "heap buffer");
        }
        return PlatformDependent.directBufferAddress(memory);
    }

    @Override
    protected byte _getByte(int index) {
        return memory.get(index);
    }

    @Override
    protected short _getShort(int index) {
        return memory.getShort(index);
    }

    @Override
    protected short _getShortLE(int index) {
        return Short.reverseBytes(memory.getShort(index));
    }

    @Override
    protected int _getUnsignedMedium(int index) {
        return ((memory.get(index) & 0xff) << 16) | (memory.getShort(index + 1) & 0xffff);
    }

    @Override
    protected int _getUnsignedMediumLE(int index) {
        return (memory.get(index) & 0xff) | ((_getShortLE(index + 1) & 0xffff) << 8);
    }

    @Override
    protected int _getInt(int index) {
        return memory.getInt(index);
    }

    @Override
    protected int _getIntLE(int index) {
        return Integer.reverseBytes(memory.getInt(index));
    }

    @Override
    protected long _getLong(int index) {
        return memory.getLong(index);
    }

    @Override
    protected long _getLongLE(int index) {
        return Long.reverseBytes(memory.getLong(index));
    }

    @Override
    protected void _setByte(int index, int value) {
        memory.put(index, (byte) value);
    }

    @Override
    protected void _setShort(int index, int value) {
        memory.putShort(index, (short) value);
    }

    @Override
    protected void _setShortLE(int index, int value) {
        memory.putShort(index, Short.reverseBytes((short) value));
    }

    @Override
    protected void _setMedium(int index, int value) {
        memory.put(index, (byte) (value >>> 16)).putShort(index + 1, (short) value);
    }

    @Override
    protected void _setMediumLE(int index, int value) {
        memory.put(index, (byte) value);
        _setShortLE(index + 1, value >>> 8);
    }

    @Override
    protected void _setInt(int index, int value) {
        memory.putInt(index, value);
    }

    @Override
    protected void _setIntLE(int index, int value) {
        memory.putInt(index, Integer.reverseBytes(value));
    }

    @Override
    protected void _setLong(int index, long value) {
        memory.putLong(index, value);
    }

    @Override
    protected void _setLongLE(int index, long value) {
        memory.putLong(index, Long.reverseBytes(value));
    }

    @Override
    public ByteBuf getBytes(int index, ByteBuf dst, int dstIndex, int length) {
        checkDstIndex(index, length, dstIndex, dst.capacity());
        if (dst instanceof LeaseByteBuf other) {
            other.ensureAccessible();
            other.memory.put(dstIndex, memory, index, length);
        } else if (dst.hasArray()) {
            memory.get(index, dst.array(), dst.arrayOffset() + dstIndex, length);
        } else {
            dst.setBytes(dstIndex, memory.slice(index, length));
        }
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, byte[] dst, int dstIndex, int length) {
        checkDstIndex(index, length, dstIndex, dst.length);
        memory.get(index, dst, dstIndex, length);
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, ByteBuffer dst) {
        int length = dst.remaining();
        checkIndex(index, length);
        dst.put(dst.position(), memory, index, length).position(dst.position() + length);
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, OutputStream out, int length) throws IOException {
        checkIndex(index, length);
        if (hasArray()) {
            out.write(memory.array(), memory.arrayOffset() + index, length);
        } else {
            byte[] bytes = new byte[Math.min(length, STREAM_BYTES)];
            for (int done = 0; done < length; ) {
                int next = Math.min(bytes.length, length - done);
                memory.get(index + done, bytes, 0, next);
                out.write(bytes, 0, next);
                done += next;
            }
        }
        return this;
    }

    @Override
    public int getBytes(int index, GatheringByteChannel out, int length) throws IOException {
        checkIndex(index, length);
        return out.write(memory.slice(index, length));
    }

    @Override
    public int getBytes(int index, FileChannel out, long position, int length) throws IOException {
        checkIndex(index, length);
        return out.write(memory.slice(index, length), position);
    }

    @Override
    public int readBytes(GatheringByteChannel out, int length) throws IOException {
        checkReadableBytes(length);
        int written = out.write(internalNioBuffer(readerIndex(), length));
        skipBytes(Math.max(0, written));
        return written;
    }

    @Override
    public int readBytes(FileChannel out, long position, int length) throws IOException {
        checkReadableBytes(length);
        int written = out.write(internalNioBuffer(readerIndex(), length), position);
        skipBytes(Math.max(0, written));
        return written;
    }

    @Override
    public ByteBuf setBytes(int index, ByteBuf src, int srcIndex, int length) {
        checkSrcIndex(index, length, srcIndex, src.capacity());
        if (src instanceof LeaseByteBuf other) {
            other.ensureAccessible();
            memory.put(index, other.memory, srcIndex, length);
        } else if (src.hasArray()) {
            memory.put(index, src.array(), src.arrayOffset() + srcIndex, length);
        } else if (src.nioBufferCount() > 0) {
            int at = index;
            for (ByteBuffer part : src.nioBuffers(srcIndex, length)) {
                memory.put(at, part, part.position(), part.remaining());
                at += part.remaining();
            }
        } else {
            src.getBytes(srcIndex, this, index, length);
        }
        return this;
    }

    @Override
    public ByteBuf setBytes(int index, byte[] src, int srcIndex, int length) {
        checkSrcIndex(index, length, srcIndex, src.length);
        memory.put(index, src, srcIndex, length);
        return this;
    }

    @Override
    public ByteBuf setBytes(int index, ByteBuffer src) {
        int length = src.remaining();
        checkIndex(index, length);
        memory.put(index, src, src.position(), length);
        src.position(src.limit());
        return this;
    }

    @Override
    public int setBytes(int index, InputStream in, int length) throws IOException {
        checkIndex(index, length);
        if (hasArray()) {
            return in.read(memory.array(), memory.arrayOffset() + index, length);
        }
        byte[] bytes = new byte[Math.min(length, STREAM_BYTES)];
        int read = in.read(bytes, 0, bytes.length);
        if (read > 0) {
            memory.put(index, bytes, 0, read);
        }
        return read;
    }

    @Override
    public int setBytes(int index, ScatteringByteChannel in, int length) throws IOException {
        try {
            return in.read(internalNioBuffer(index, length));
        } catch (ClosedChannelException e) {
            return -1;
        }
    }

    @Override
    public int setBytes(int index, FileChannel in, long position, int length) throws IOException {
        try {
            return in.read(internalNioBuffer(index, length), position);
        } catch (ClosedChannelException e) {
            return -1;
        }
    }

    @Override
    public ByteBuf copy(int index, int length) {
        checkIndex(index, length);
        ByteBuf copy = direct ? alloc.directBuffer(length, maxCapacity()) : alloc.heapBuffer(length, maxCapacity());
        return copy.writeBytes(this, index, length);
    }

    @Override
    public int nioBufferCount() {
        return 1;
    }

    @Override
    public ByteBuffer nioBuffer(int index, int length) {
        checkIndex(index, length);
        return memory.slice(index, length);
    }

    @Override
    public ByteBuffer internalNioBuffer(int index, int length) {
        checkIndex(index, length);
        ByteBuffer view = movable;
        if (view == null) {
            view = memory.duplicate();
            movable = view;
        }
        return view.clear().position(index).limit(index + length);
    }

    @Override
    public ByteBuffer[] nioBuffers(int index, int length) {
        return new ByteBuffer[] {nioBuffer(index, length)};
    }
}
