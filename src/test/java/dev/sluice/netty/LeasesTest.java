package dev.sluice.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
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
        ByteBufAllocator alloc = NettyBuffers.allocator(pool(direct));
        assertLease(direct, alloc, frame -> frame);
        assertLease(direct, alloc, ByteBuf::slice);
        assertLease(direct, alloc, ByteBuf::duplicate);
        assertLease(direct, alloc, ByteBuf::asReadOnly);
        assertLease(direct, alloc, frame -> frame.slice().asReadOnly().duplicate());
        assertLease(direct, alloc, frame -> frame.asReadOnly().slice());
        assertLease(direct, alloc, Unpooled::unreleasableBuffer);
        assertLease(direct, alloc, frame -> frame.slice(1, 10).skipBytes(1).slice());
        assertLease(direct, alloc, frame -> alloc.compositeBuffer().addComponent(true, frame.retain()));
    }

    private void assertLease(boolean direct, ByteBufAllocator alloc, UnaryOperator<ByteBuf> view) {
        ByteBuf buffer =
                alloc.buffer(64).writeBytes("0123456789abcdef".getBytes(UTF_8)).skipBytes(3);
        ByteBuf frame = view.apply(buffer);
        String content = frame.toString(UTF_8);
        int readable = frame.readableBytes();
        PooledBuffer lease = leaseOn(frame, pool(direct));
        assertThat(lease.length()).isEqualTo(readable);
        if (frame.refCnt() > buffer.refCnt() || frame.unwrap() == null && frame != buffer) {
            frame.release();
        }
        buffer.release();
        assertThat(buffer.refCnt()).isZero();
        assertThat(lease.toString(UTF_8)).isEqualTo(content);
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
}
