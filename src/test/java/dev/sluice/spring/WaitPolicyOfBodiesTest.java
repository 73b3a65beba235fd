package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.WaitPolicy;
import dev.sluice.netty.NettyBuffers;
import dev.sluice.testing.VirtualPoolClock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.ResolvableType;
import org.springframework.core.io.buffer.PooledDataBuffer;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.publisher.Flux;

/** Every wait policy over what comes from a connection, alone and below an operator that takes memory. */
class WaitPolicyOfBodiesTest extends SpringTest {

    private static final Duration TWO_SECONDS = Duration.ofSeconds(2);

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final BufferPool small =
            BufferPool.builder().name("small").maxBytes(64 << 10).clock(clock).build();
    private final ByteBuf bytes = Unpooled.copiedBuffer(new byte[5000]);
    private final PooledDataBuffer data = (PooledDataBuffer)
            new PooledDataBufferFactory(pool).allocateBuffer(5000).write(new byte[5000]);

    private enum Body {
        RECEIVED,
        RECEIVED_OWNED,
        DATA_BUFFERS;

        BufferFlux of(WaitPolicyOfBodiesTest test) {
            return switch (this) {
                case RECEIVED -> NettyBuffers.receive(Flux.just(test.bytes), test.small);
                case RECEIVED_OWNED -> NettyBuffers.receiveOwned(Flux.just(test.bytes), test.small);
                case DATA_BUFFERS -> DataBuffers.toBufferFlux(Flux.just(test.data), test.small);
            };
        }
    }

    private enum Above {
        NOTHING(flux -> flux),
        GZIP(BufferFlux::gzip);

        final UnaryOperator<BufferFlux> operator;

        Above(UnaryOperator<BufferFlux> operator) {
            this.operator = operator;
        }
    }

    static Stream<Arguments> cases() {
        return Stream.of(Body.values())
                .flatMap(body -> Stream.of(Above.values()).map(above -> Arguments.of(body, above)));
    }

    private CompletableFuture<Long> start(Body body, Above above, WaitPolicy policy) {
        return above.operator
                .apply(body.of(this))
                .waiting(policy)
                .<Long>consume(buffer -> 1L)
                .count()
                .toFuture();
    }

    private static void failed(CompletableFuture<Long> answer, String why) {
        assertThat(answer)
                .failsWithin(LIMIT)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(PoolExhaustedException.class)
                .withMessageContaining("pool 'small' cannot grant")
                .withMessageContaining(why)
                .withMessageContaining("limit 65,536 bytes");
    }

    @AfterEach
    void nothingIsLeftOfTheSmallOne() {
        atRest(small);
        small.close();
        if (bytes.refCnt() > 0) {
            bytes.release(bytes.refCnt());
        }
        if (data.isAllocated()) {
            data.release();
        }
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("cases")
    void forEverIsForEver(Body body, Above above) {
        PooledBuffer all = small.acquire(64 << 10);
        CompletableFuture<Long> answer = start(body, above, WaitPolicy.forever());
        eventually(() -> small.stats().pending() > 0, small::stats);
        clock.advance(Duration.ofDays(365));
        assertThat(answer).isNotDone();
        all.release();
        assertThat(answer).succeedsWithin(LIMIT).isNotEqualTo(0L);
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("cases")
    void someTimeIsThatTime(Body body, Above above) {
        PooledBuffer all = small.acquire(64 << 10);
        int before = clock.scheduled();
        CompletableFuture<Long> answer = start(body, above, WaitPolicy.atMost(TWO_SECONDS));
        eventually(() -> clock.scheduled() > before, small::stats);
        clock.advance(TWO_SECONDS.minusNanos(1));
        assertThat(answer).isNotDone();
        clock.advance(Duration.ofNanos(1));
        failed(answer, "waited PT2S in vain");
        eventually(() -> small.stats().pending() == 0, small::stats);
        all.release();
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("cases")
    void neverIsAtOnce(Body body, Above above) {
        PooledBuffer all = small.acquire(64 << 10);
        failed(start(body, above, WaitPolicy.never()), "in use 65,536 bytes in 1 buffers");
        assertThat(small.stats().pending()).isZero();
        all.release();
    }

    /** A handler may say it, but not that it waits longer than the limits of its request. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRequestHeedsItsHandlerWhereItsLimitsSayNothing(boolean limited) {
        PooledBuffer all = small.acquire(64 << 10);
        MockServerHttpRequest request = MockServerHttpRequest.post("/").body(Flux.just(data));
        BufferLimits limits = limited ? BufferLimits.DEFAULTS.refusing() : BufferLimits.DEFAULTS;
        new RequestBudget(small, limits).putInto(MockServerWebExchange.from(request));
        BufferFlux body = BufferFlux.from(new PooledBufferReader(pool, 1 << 20)
                .read(ResolvableType.forClass(PooledBuffer.class), request, Map.of()));
        failed(
                body.waiting(limited ? WaitPolicy.forever() : WaitPolicy.never())
                        .<Long>consume(buffer -> 1L)
                        .count()
                        .toFuture(),
                "in use 65,536 bytes in 1 buffers");
        all.release();
    }

    @ParameterizedTest(name = "{0} below {1}")
    @MethodSource("cases")
    void whatIsFreeIsTaken(Body body, Above above) {
        assertThat(start(body, above, WaitPolicy.never())).succeedsWithin(LIMIT).isNotEqualTo(0L);
    }
}
