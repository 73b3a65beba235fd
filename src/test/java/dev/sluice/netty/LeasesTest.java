package dev.sluice.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a frame to the lease beneath it, and from a lease to a buffer. */
class LeasesTest {

    private final BufferPool pool = BufferPool.builder().maxBytes(1 << 20).build();
    private final BufferPool heap =
            BufferPool.builder().maxBytes(1 << 20).direct(false).build();

    @AfterEach
    void nothingIsLeft() {
        assertThat(pool.stats().buffersInUse()).as("in flight in %s", pool).isZero();
        assertThat(heap.stats().buffersInUse()).as("in flight in %s", heap).isZero();
    }

    private BufferPool pool(boolean direct) {
        return direct ? pool : heap;
    }

    private static PooledBuffer leaseOn(ByteBuf frame, BufferPool pool) {
        return Objects.requireNonNull(Leases.leaseOn(frame, pool), "no lease on " + frame);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLeaseHasExactlyTheReadableBytes(boolean direct) {
        assertLease(direct, frame -> frame);
        assertLease(direct, ByteBuf::duplicate);
        assertLease(direct, ByteBuf::asReadOnly);
        assertLease(direct, Unpooled::unreleasableBuffer);
        assertLease(direct, frame -> frame.duplicate().asReadOnly());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLeaseOfAPartHasExactlyThePart(boolean direct) {
        assumeTrue(!direct || PlatformDependent.hasDirectByteBufferAddress(ByteBuffer.allocateDirect(1)));
        assertLease(direct, ByteBuf::slice);
        assertLease(direct, frame -> frame.slice(1, 10).skipBytes(1).slice());
        assertLease(
                direct,
                frame -> frame.alloc()
                        .compositeBuffer()
                        .addComponent(true, frame.slice(3, 9))
                        .skipBytes(2));
        if (direct) {
            assertLease(
                    direct,
                    frame -> Unpooled.wrappedUnmodifiableBuffer(frame.slice(2, 10))
                            .skipBytes(1));
            assertLease(direct, frame -> frame.asReadOnly().slice());
            assertLease(direct, frame -> frame.slice().asReadOnly().duplicate());
        }
    }

    private void assertLease(boolean direct, UnaryOperator<ByteBuf> view) {
        ByteBuf buffer = NettyBuffers.allocator(pool(direct))
                .buffer(64)
                .writeBytes("0123456789abcdef".getBytes(UTF_8))
                .skipBytes(3);
        ByteBuf frame = view.apply(buffer);
        String content = frame.toString(UTF_8);
        PooledBuffer lease = leaseOn(frame, pool(direct));
        assertThat(lease.length()).isEqualTo(frame.readableBytes());
        buffer.release();
        assertThat(lease.toString(UTF_8)).isEqualTo(content);
        lease.release();
        assertThat(buffer.refCnt()).isZero();
    }

    @Test
    void aFrameOfSeveralPartsHasNoLease() {
        ByteBufAllocator alloc = NettyBuffers.allocator(pool);
        ByteBuf composite = alloc.compositeBuffer()
                .addComponent(true, alloc.buffer().writeInt(1))
                .addComponent(true, alloc.buffer().writeInt(2));
        assertThat(Leases.leaseOn(composite, pool)).isNull();
        composite.release();
    }

    @Test
    void aReleasedOrEmptyFrameHasNoLease() {
        ByteBuf frame = NettyBuffers.allocator(pool).buffer(8);
        assertThat(Leases.leaseOn(frame, pool)).isNull();
        frame.writeByte(1).release();
        assertThat(Leases.leaseOn(frame, pool)).isNull();
    }

    @Test
    void aLeaseKeepsItsBytesWhenTheFrameGrows() {
        ByteBuf frame = NettyBuffers.allocator(pool).buffer(8).writeLong(42);
        PooledBuffer lease = leaseOn(frame, pool);
        frame.writeBytes(new byte[1000]).setLong(0, 43);
        assertThat(lease.byteBuffer().getLong()).isEqualTo(42);
        assertThat(frame.getLong(0)).isEqualTo(43);
        frame.release();
        lease.release();
    }

    @Test
    void aFrameOfAnotherPoolOrOfNoneHasNoLease() {
        ByteBuf other = NettyBuffers.allocator(heap).buffer(8).writeByte(1);
        ByteBuf none = Unpooled.buffer(8).writeByte(1);
        assertThat(Leases.leaseOn(other, pool)).isNull();
        assertThat(Leases.leaseOn(none, pool)).isNull();
        other.release();
        none.release();
    }

    @Test
    void aBufferOfALeaseOwnsIt() {
        PooledBuffer lease = pool.acquire(5);
        lease.byteBuffer().put("hello".getBytes(UTF_8));
        ByteBuf buffer = Leases.of(lease);
        assertThat(buffer.toString(UTF_8)).isEqualTo("hello");
        assertThat(buffer.slice(1, 3).toString(UTF_8)).isEqualTo("ell");
        buffer.retain().release();
        assertThat(lease.isReleased()).isFalse();
        assertThat(buffer.release()).isTrue();
        assertThat(lease.isReleased()).isTrue();
    }

    @Test
    void aBufferOfAPartOrOfAMovedViewShowsTheContent() {
        PooledBuffer lease = pool.acquire(10);
        lease.byteBuffer().order(ByteOrder.LITTLE_ENDIAN).put("0123456789".getBytes(UTF_8));
        PooledBuffer part = lease.slice(2, 5);
        part.byteBuffer().position(3);
        ByteBuf whole = Leases.of(lease);
        ByteBuf buffer = Leases.of(part, PooledBuffer::release, NettyBuffers.allocator(heap));
        assertThat(whole.toString(UTF_8)).isEqualTo("0123456789");
        assertThat(whole.getShort(0)).isEqualTo((short) ('0' << 8 | '1'));
        assertThat(buffer.toString(UTF_8)).isEqualTo("23456");
        assertThat(buffer.maxCapacity()).isEqualTo(5);
        assertThatThrownBy(() -> buffer.writeByte(1)).isInstanceOf(IndexOutOfBoundsException.class);
        whole.release();
        assertThat(buffer.capacity(2).capacity(4).getByte(1)).isEqualTo((byte) '3');
        ByteBuf copy = buffer.copy();
        assertThat(copy.toString(UTF_8)).isEqualTo("23");
        copy.release();
        buffer.release();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBufferOfAReadOnlyLeaseIsReadOnly(boolean direct) {
        PooledBuffer lease = pool(direct).acquire(4);
        lease.byteBuffer().putInt(0, 42);
        ByteBuf buffer = Leases.of(lease.retainReadOnly());
        lease.release();
        assertThat(buffer.isReadOnly()).isTrue();
        assertThat(buffer.hasArray()).isFalse();
        assertThat(buffer.getInt(0)).isEqualTo(42);
        assertThatThrownBy(() -> buffer.setInt(0, 1)).isInstanceOf(ReadOnlyBufferException.class);
        assertThat(buffer.unwrap().hasArray()).isFalse();
        assertThat(buffer.release()).isTrue();
    }

    @Test
    void aLeaseOnABufferOfALeaseIsOneOnTheSameMemory() {
        PooledBuffer lease = pool.acquire(16);
        ByteBuf buffer = Leases.of(lease.retain());
        PooledBuffer again = leaseOn(buffer, pool);
        assertThat(again.sharesMemoryWith(lease)).isTrue();
        buffer.release();
        again.release();
        lease.release();
    }

    @Test
    void theMemoryIsThatOfTheLease() {
        ByteBuf buffer = NettyBuffers.allocator(pool).directBuffer(100).writeZero(100);
        PooledBuffer lease = leaseOn(buffer, pool);
        buffer.setLong(50, 4711);
        assertThat(lease.byteBuffer().getLong(50)).isEqualTo(4711);
        if (buffer.hasMemoryAddress()) {
            assertThat(buffer.memoryAddress()).isEqualTo(PlatformDependent.directBufferAddress(lease.byteBuffer()));
        }
        buffer.release();
        lease.release();
        ByteBuf onHeap = NettyBuffers.allocator(heap).heapBuffer(100).writeZero(100);
        PooledBuffer array = leaseOn(onHeap, heap);
        assertThat(onHeap.array()).isSameAs(array.byteBuffer().array());
        onHeap.release();
        array.release();
    }
}
