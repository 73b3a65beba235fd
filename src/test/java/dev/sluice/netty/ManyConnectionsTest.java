package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.Http2AllocationStrategy;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

/** Many connections on a budget that is far too small for them: all get through, in turn. */
class ManyConnectionsTest extends StreamTest {

    private static final int CONNECTIONS = 50;
    private static final int BODY = 100_000;
    private static final int BUDGET = 256 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("patience", 90));

    private final BufferPool tiny =
            BufferPool.builder().name("tiny").maxBytes(BUDGET).build();
    private final BufferPool overflow =
            BufferPool.builder().name("overflow").maxBytes(16 << 20).build();

    /** One stream on each connection: the streams of one share its window, and would wait for one another. */
    private final ConnectionProvider connections = ConnectionProvider.builder("many")
            .maxConnections(CONNECTIONS)
            .allocationStrategy(Http2AllocationStrategy.builder()
                    .maxConnections(CONNECTIONS)
                    .maxConcurrentStreams(1)
                    .build())
            .build();

    private DisposableServer server;

    @AfterEach
    void stop() {
        connections.disposeLater().block(LIMIT);
        server.disposeNow(LIMIT);
        atRest(tiny);
        atRest(overflow);
        assertThat(tiny.stats().peakBytes()).isLessThanOrEqualTo(BUDGET);
        tiny.close();
        overflow.close();
    }

    private HttpClient start(Wire wire, java.util.function.UnaryOperator<HttpServer> handled) {
        server = handled.apply(NettyBuffers.equip(wire.httpServer(pool), NettyBuffers.allocator(tiny, overflow)))
                .bindNow(LIMIT);
        return wire.httpClient(connections, pool, server.port());
    }

    private static byte[] body(int number) {
        return content(BODY + number);
    }

    private static Mono<String> sumOf(BufferFlux bytes) {
        return bytes.checksum(CRC32C::new).map(String::valueOf);
    }

    private static String sum(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return String.valueOf(sum.getValue());
    }

    private void all(java.util.function.IntFunction<Mono<Boolean>> each) {
        AtomicInteger right = new AtomicInteger();
        Flux.range(0, CONNECTIONS)
                .flatMap(each::apply, CONNECTIONS)
                .doOnNext(isRight -> right.addAndGet(isRight ? 1 : 0))
                .then()
                .timeout(PATIENCE)
                .onErrorMap(error -> new AssertionError(right + " right, " + tiny + ", " + overflow, error))
                .block();
        assertThat(right).hasValue(CONNECTIONS);
    }

    private static ByteBufFlux upload(int number) {
        byte[] body = body(number);
        return ByteBufFlux.fromInbound(Flux.range(0, 10).map(i -> {
            int from = body.length / 10 * i;
            int to = i == 9 ? body.length : body.length / 10 * (i + 1);
            return java.util.Arrays.copyOfRange(body, from, to);
        }));
    }

    /** Each holds buffers for as long as another thread needs for them. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#protocols")
    void uploads(Wire wire) {
        HttpClient client = start(
                wire,
                http -> http.handle((request, response) -> response.sendString(
                        sumOf(NettyBuffers.receive(request, tiny).emitOn(Schedulers.parallel(), 4)))));
        all(i -> client.post()
                .uri("/")
                .send(upload(i))
                .responseSingle((response, answer) -> answer.asString())
                .map(sum(body(i))::equals));
    }

    /** Each has a compressor that waits for memory while it holds what was received. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#protocols")
    void echoesThroughGzip(Wire wire) {
        HttpClient client = start(
                wire,
                http -> http.handle((request, response) -> NettyBuffers.send(
                        response, NettyBuffers.receive(request, tiny).gzip().gunzip())));
        all(i -> client.post()
                .uri("/")
                .send(upload(i))
                .response((response, body) -> sumOf(NettyBuffers.receive(body, pool)))
                .single()
                .map(sum(body(i))::equals));
    }

    /** One that keeps all memory for a while stops nobody for ever. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#plainTransports")
    void uploadsWhileTheMemoryIsAway(Wire wire) {
        HttpClient client = start(
                wire,
                http -> http.handle(
                        (request, response) -> response.sendString(sumOf(NettyBuffers.receive(request, tiny)))));
        java.util.List<PooledBuffer> taken = takeAll(tiny);
        Mono<Long> answers = Flux.range(0, CONNECTIONS)
                .flatMap(
                        i -> client.post()
                                .uri("/")
                                .send(upload(i))
                                .responseSingle((response, answer) -> answer.asString())
                                .map(sum(body(i))::equals),
                        CONNECTIONS)
                .filter(Boolean::booleanValue)
                .count()
                .cache();
        answers.subscribe();
        eventually(() -> tiny.stats().pending() == CONNECTIONS, tiny::stats);
        assertThat(overflow.stats().bytesInUse()).isLessThanOrEqualTo(CONNECTIONS * 8L << 10);
        taken.forEach(PooledBuffer::release);
        assertThat(answers.block(PATIENCE)).isEqualTo(CONNECTIONS);
    }
}
