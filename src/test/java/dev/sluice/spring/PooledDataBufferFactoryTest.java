package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.InvalidSizeException;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBuffer.ByteBufferIterator;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DataBufferWrapper;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.core.io.buffer.PooledDataBuffer;

/** What our factory promises beyond the contract that all share. */
class PooledDataBufferFactoryTest extends SpringTest {

    private final PooledDataBufferFactory factory = new PooledDataBufferFactory(pool);

    @Test
    void buffersAreLeasesOfThePool() {
        PooledDataBuffer buffer = factory.allocateBuffer(1000);
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThat(buffer.isAllocated()).isTrue();
        assertThat(factory.isDirect()).isTrue();
        assertThat(factory.pool()).isSameAs(pool);
        buffer.release();
    }

    @Test
    void aBufferGrowsIntoItsLeaseBeforeItTakesAnother() {
        DataBuffer buffer = factory.allocateBuffer(1000).write(new byte[1000]);
        int capacity = pool.capacityFor(1000);
        buffer.write(new byte[capacity - 1000]);
        assertThat(pool.stats().totalAcquisitions()).isEqualTo(1);
        buffer.write((byte) 1);
        assertThat(pool.stats().totalAcquisitions()).isEqualTo(2);
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        DataBufferUtils.release(buffer);
    }

    @Test
    @SuppressWarnings("deprecation")
    void slicesFollowABufferThatGrows() {
        DataBuffer buffer = factory.allocateBuffer(4).write(bytes("abcd"));
        DataBuffer slice = buffer.slice(1, 2);
        buffer.write(new byte[10_000]);
        buffer.asByteBuffer(1, 1).put((byte) 'X');
        assertThat(text(slice)).isEqualTo("Xc");
        DataBufferUtils.release(buffer);
    }

    @Test
    void anIteratorKeepsTheMemoryWhileItIsOpen() {
        PooledDataBuffer buffer = (PooledDataBuffer) factory.allocateBuffer(4).write(bytes("abcd"));
        ByteBufferIterator open = buffer.readableByteBuffers();
        ByteBuffer part = open.next();
        assertThat(buffer.release()).isTrue();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThat(part.get(3)).isEqualTo((byte) 'd');
        open.close();
        assertThat(pool.stats().buffersInUse()).isZero();
        open.close();
    }

    @Test
    void anIteratorKeepsTheOldMemoryWhenTheBufferGrows() {
        DataBuffer buffer = factory.allocateBuffer(4).write(bytes("abcd"));
        try (ByteBufferIterator open = buffer.readableByteBuffers()) {
            ByteBuffer part = open.next();
            buffer.write(new byte[100_000]);
            assertThat(pool.stats().buffersInUse()).isEqualTo(2);
            assertThat(part.get(0)).isEqualTo((byte) 'a');
        }
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        DataBufferUtils.release(buffer);
    }

    @Test
    void wrappedMemoryIsNotThePoolsUntilItGrows() {
        PooledDataBuffer buffer = factory.wrap(bytes("abc"));
        assertThat(pool.stats().buffersInUse()).isZero();
        buffer.write((byte) 'd');
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThat(text(buffer)).isEqualTo("abcd");
        buffer.release();
    }

    @Test
    void aWrappedLeaseIsReleasedWithTheBuffer() {
        PooledBuffer lease = buffer("content");
        PooledDataBuffer wrapped = factory.wrap(lease);
        assertThat(text(wrapped)).isEqualTo("content");
        assertThat(wrapped.capacity()).isEqualTo(7);
        assertThat(wrapped.release()).isTrue();
        assertThat(lease.isReleased()).isTrue();
    }

    @Test
    void joiningOneCopiesNothingAndJoiningSeveralTakesOneBuffer() {
        DataBuffer alone = factory.allocateBuffer(4).write(bytes("abcd"));
        assertThat(factory.join(List.of(alone))).isSameAs(alone);
        DataBuffer other = factory.allocateBuffer(4).write(bytes("efgh"));
        DataBuffer joined = factory.join(List.of(alone, other));
        assertThat(text(joined)).isEqualTo("abcdefgh");
        assertThat(joined.capacity()).isEqualTo(8);
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        DataBufferUtils.release(joined);
    }

    @Test
    void anExhaustedPoolIsAnErrorThatLeavesNothingBehind() {
        try (BufferPool small = BufferPool.builder().maxBytes(4096).build()) {
            PooledDataBufferFactory strict = new PooledDataBufferFactory(small);
            PooledDataBuffer all = strict.allocateBuffer(4096);
            assertThatThrownBy(() -> strict.allocateBuffer(1)).isInstanceOf(PoolExhaustedException.class);
            PooledDataBuffer wrapped = strict.wrap(bytes("abc"));
            assertThatThrownBy(() -> wrapped.write((byte) 1)).isInstanceOf(PoolExhaustedException.class);
            assertThat(text(wrapped)).isEqualTo("abc");
            assertThatThrownBy(() -> strict.join(List.of(all, wrapped))).isInstanceOf(PoolExhaustedException.class);
            assertThat(all.isAllocated()).as("released by the join that failed").isFalse();
            atRest(small);
        }
    }

    @Test
    void aForeignBufferThatCannotBeJoinedLeavesNothingBehind() {
        DataBuffer broken = new DataBufferWrapper(DefaultDataBufferFactory.sharedInstance.wrap(bytes("abc"))) {
            @Override
            public DataBuffer.ByteBufferIterator readableByteBuffers() {
                throw new AssertionError("broken");
            }
        };
        DataBuffer ours = factory.allocateBuffer(3).write(bytes("def"));
        assertThatThrownBy(() -> factory.join(List.of(ours, broken))).hasMessage("broken");
        atRest(pool);
    }

    @Test
    void anOverflowIsBoundedAndCounted() {
        try (BufferPool small = BufferPool.builder().maxBytes(4096).build()) {
            PooledDataBufferFactory lenient = new PooledDataBufferFactory(small, 1000);
            PooledDataBuffer all = lenient.allocateBuffer(4096);
            DataBuffer beside = lenient.allocateBuffer(900);
            assertThat(lenient.overflowBytes()).isEqualTo(900);
            assertThat(lenient.maxOverflowBytes()).isEqualTo(1000);
            assertThatThrownBy(() -> lenient.allocateBuffer(101)).isInstanceOf(PoolExhaustedException.class);
            DataBuffer head = beside.split(10);
            DataBufferUtils.release(beside);
            assertThat(lenient.overflowBytes()).as("a part pins the whole").isEqualTo(900);
            DataBufferUtils.release(head);
            assertThat(lenient.overflowBytes()).isZero();
            all.release();
            atRest(small);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new PooledDataBufferFactory(pool, -1));
    }

    @Test
    void impossibleSizesAreRefused() {
        assertThatThrownBy(() -> factory.allocateBuffer(-1)).isInstanceOf(InvalidSizeException.class);
        assertThatThrownBy(() -> factory.allocateBuffer((64 << 20) + 1)).isInstanceOf(InvalidSizeException.class);
    }

    @Test
    void holdersOnManyThreadsReleaseOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 200; round++) {
                PooledDataBuffer buffer = factory.allocateBuffer(64);
                for (int i = 1; i < 8; i++) {
                    buffer.retain();
                }
                List<Future<Boolean>> releases = IntStream.range(0, 8)
                        .mapToObj(i -> threads.submit(buffer::release))
                        .toList();
                int last = 0;
                for (Future<Boolean> release : releases) {
                    last += release.get() ? 1 : 0;
                }
                assertThat(last).isEqualTo(1);
                assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
                assertThat(pool.stats().buffersInUse()).isZero();
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void namesItsPoolAndOverflow() {
        assertThat(new PooledDataBufferFactory(pool, 5))
                .hasToString("PooledDataBufferFactory[" + pool + ", overflow 0 of 5 bytes]");
        assertThat(factory.wrap(bytes("abc"))).hasToString("PoolDataBuffer (r: 0, w: 3, c: 3)");
    }
}
