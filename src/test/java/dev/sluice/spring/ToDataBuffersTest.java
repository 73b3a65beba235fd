package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferReleasedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.core.io.buffer.PooledDataBuffer;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** From leases to data buffers: the same memory, released with the last hold, and no more out than the window has. */
class ToDataBuffersTest extends SpringTest {

    Stream<DataBufferFactory> factories() {
        return Stream.of(
                new PooledDataBufferFactory(pool),
                new NettyDataBufferFactory(new UnpooledByteBufAllocator(true)),
                DefaultDataBufferFactory.sharedInstance);
    }

    static Stream<Integer> windows() {
        return Stream.of(0, 1, 16);
    }

    private static Flux<DataBuffer> convert(Flux<PooledBuffer> source, DataBufferFactory factory, int maxOut) {
        return maxOut == 0
                ? DataBuffers.toDataBuffers(source, factory)
                : DataBuffers.toDataBuffers(source, factory, maxOut);
    }

    @ParameterizedTest
    @MethodSource("windows")
    void sharesTheMemoryAndGivesItBackWithTheLastRelease(int maxOut) {
        factories().forEach(factory -> {
            PooledBuffer lease = buffer("content");
            DataBuffer converted =
                    convert(Flux.just(lease), factory, maxOut).next().block(LIMIT);
            assertThat(pool.stats().buffersInUse()).isEqualTo(1);
            try (DataBuffer.ByteBufferIterator parts = converted.readableByteBuffers()) {
                assertThat(parts.next().isDirect()).isTrue();
            }
            assertThat(text(converted)).isEqualTo("content");
            assertThat(converted instanceof NettyDataBuffer).isEqualTo(factory instanceof NettyDataBufferFactory);
            DataBufferUtils.release(converted);
            assertThat(pool.stats().buffersInUse()).isZero();
        });
    }

    @Test
    void thereAndBackIsTheSameLease() {
        factories().forEach(factory -> {
            PooledBuffer lease = buffer("content");
            PooledBuffer back = DataBuffers.lease(DataBuffers.toDataBuffer(lease, factory), pool)
                    .orElseThrow();
            assertThat(pool.stats().buffersInUse()).isEqualTo(1);
            assertThat(text(back)).isEqualTo("content");
        });
        assertThat(pool.stats().totalAcquisitions()).isEqualTo(3);
    }

    @Test
    void aWindowBoundsWhatIsOutWhateverIsRequested() {
        List<DataBuffer> out = new CopyOnWriteArrayList<>();
        Flux<PooledBuffer> source = Flux.range(0, 10).map(i -> buffer("buffer " + i));
        DataBuffers.toDataBuffers(source, new PooledDataBufferFactory(pool), 3).subscribe(out::add);
        for (int i = 0; i < 10; i++) {
            int released = i;
            int expected = Math.min(10, released + 3);
            eventually(() -> out.size() == expected, out::size);
            assertThat(pool.stats().buffersInUse()).isEqualTo(Math.min(3, 10 - released));
            assertThat(text(out.get(released))).isEqualTo("buffer " + released);
            DataBufferUtils.release(out.get(released));
        }
        assertThat(out).hasSize(10);
    }

    @Test
    void aWindowHeedsTheDemandAsWell() {
        Flux<PooledBuffer> source = Flux.range(0, 10).map(i -> buffer("buffer " + i));
        StepVerifier.create(DataBuffers.toDataBuffers(source, new PooledDataBufferFactory(pool), 3), 0)
                .thenRequest(2)
                .consumeNextWith(DataBufferUtils::release)
                .consumeNextWith(DataBufferUtils::release)
                .then(() -> assertThat(pool.stats().totalAcquisitions()).isEqualTo(2))
                .thenRequest(Long.MAX_VALUE)
                .thenConsumeWhile(buffer -> true, DataBufferUtils::release)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void cancellingAWindowLeavesNothingBehind() {
        List<DataBuffer> out = new ArrayList<>();
        BaseSubscriber<DataBuffer> subscriber = new BaseSubscriber<>() {
            @Override
            protected void hookOnNext(DataBuffer buffer) {
                out.add(buffer);
            }
        };
        Flux<PooledBuffer> source = Flux.range(0, 10).map(i -> buffer("buffer " + i));
        DataBuffers.toDataBuffers(source, new PooledDataBufferFactory(pool), 3).subscribe(subscriber);
        subscriber.cancel();
        assertThat(pool.stats().buffersInUse()).isEqualTo(3);
        out.forEach(DataBufferUtils::release);
        assertThat(out).hasSize(3);
    }

    @Test
    void aReleasedLeaseEndsTheSequence() {
        PooledBuffer released = buffer("released");
        released.release();
        PooledBuffer after = buffer("after");
        StepVerifier.create(DataBuffers.toDataBuffers(
                        BufferFlux.from(Flux.just(released, after)), new PooledDataBufferFactory(pool), 3))
                .expectError(BufferReleasedException.class)
                .verify(LIMIT);
        after.release();
        assertThatThrownBy(() -> DataBuffers.toDataBuffer(released, DefaultDataBufferFactory.sharedInstance))
                .isInstanceOf(BufferReleasedException.class);
    }

    @Test
    void anErrorPasses() {
        StepVerifier.create(DataBuffers.toDataBuffers(
                        Flux.<PooledBuffer>error(new IllegalStateException("broken")),
                        new PooledDataBufferFactory(pool),
                        3))
                .expectErrorMessage("broken")
                .verify(LIMIT);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataBuffers.toDataBuffers(Flux.empty(), new PooledDataBufferFactory(pool), 0));
    }

    @Test
    void whatOperatorsBelowDropIsReleased() {
        List<DataBuffer> kept = new ArrayList<>();
        DataBuffers.toDataBuffers(Flux.just(buffer("dropped"), buffer("kept")), new PooledDataBufferFactory(pool))
                .skip(1)
                .doOnDiscard(PooledDataBuffer.class, PooledDataBuffer::release)
                .subscribe(kept::add);
        assertThat(kept).extracting(SpringTest::text).containsExactly("kept");
        kept.forEach(DataBufferUtils::release);
    }
}
