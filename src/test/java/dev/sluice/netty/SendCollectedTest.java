package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.NettyOutbound;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

/** Bodies that the HTTP client streams, and bodies that it collects: each is sent or fails, and the pool lives on. */
class SendCollectedTest extends StreamTest {

    private static final int CHUNK = 64 << 10;

    /** What the smaller pool has. */
    private static final int FEW = 10;

    private enum Way {
        FLUX {
            @Override
            NettyOutbound send(NettyOutbound outbound, Flux<PooledBuffer> body) {
                return NettyBuffers.send(outbound, body);
            }
        },
        FLUSHED {
            @Override
            NettyOutbound send(NettyOutbound outbound, Flux<PooledBuffer> body) {
                return NettyBuffers.send(outbound, body, buffer -> true);
            }
        },
        JOINED {
            @Override
            NettyOutbound send(NettyOutbound outbound, Flux<PooledBuffer> body) {
                return NettyBuffers.send(outbound, BufferFlux.from(body).join(64 * CHUNK));
            }
        };

        abstract NettyOutbound send(NettyOutbound outbound, Flux<PooledBuffer> body);
    }

    private record Case(Way way, HttpMethod method, int buffers, int poolBuffers) {

        boolean isAbove() {
            return buffers > poolBuffers;
        }

        boolean isCollected() {
            return way != Way.JOINED
                    && (method.equals(HttpMethod.GET)
                            || method.equals(HttpMethod.HEAD)
                            || method.equals(HttpMethod.DELETE));
        }
    }

    private final ConnectionProvider connections = ConnectionProvider.create("collected", 4);
    private DisposableServer server;
    private HttpClient client;

    @BeforeEach
    void start() {
        server = HttpServer.create()
                .host("localhost")
                .port(0)
                .handle((request, response) -> request.receive()
                        .map(frame -> (long) frame.readableBytes())
                        .reduce(0L, Long::sum)
                        .flatMap(bytes ->
                                response.header("bytes", "" + bytes).send().then()))
                .bindNow(LIMIT);
        client = HttpClient.create(connections).baseUrl("http://localhost:" + server.port());
    }

    @AfterEach
    void stop() {
        connections.disposeLater().block(LIMIT);
        server.disposeNow(LIMIT);
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Way way : Way.values()) {
            for (String method : List.of("GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "OPTIONS")) {
                for (int buffers : new int[] {16, 17, 40}) {
                    cases.add(new Case(way, HttpMethod.valueOf(method), buffers, 400));
                }
                if (way != Way.JOINED) {
                    cases.add(new Case(way, HttpMethod.valueOf(method), FEW + 2, FEW));
                }
            }
        }
        return cases.stream();
    }

    private void poolOf(int buffers) {
        pool.close();
        pool = BufferPool.builder()
                .name("test")
                .maxBytes((long) buffers * CHUNK)
                .build();
    }

    private Mono<Long> sent(Case of, Flux<PooledBuffer> body) {
        return client.request(of.method)
                .uri("/")
                .send((request, outbound) -> of.way.send(outbound, body))
                .response()
                .map(response -> Long.parseLong(response.responseHeaders().get("bytes")));
    }

    private BufferFlux body(int buffers) {
        return BufferFlux.read(ByteSources.bytes(new byte[buffers * CHUNK]).chunkSize(CHUNK), pool);
    }

    private Flux<PooledBuffer> withoutEnd(Case of) {
        return body(of.buffers).concatWith(Flux.never());
    }

    private void livesOn() {
        atRest(pool);
        assertThat(sent(new Case(Way.FLUX, HttpMethod.POST, 20, 0), body(20)).block(LIMIT))
                .isEqualTo(20L * CHUNK);
        atRest(pool);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void itCompletes(Case of) {
        poolOf(of.poolBuffers);
        if (of.isCollected() && of.isAbove()) {
            assertThatThrownBy(() -> sent(of, body(of.buffers)).block(LIMIT))
                    .isInstanceOf(PoolExhaustedException.class)
                    .hasMessageContainingAll("pool 'test'", "655,360 bytes", "POST, PUT or PATCH");
        } else {
            assertThat(sent(of, body(of.buffers)).block(LIMIT)).isEqualTo((long) of.buffers * CHUNK);
        }
        livesOn();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void itIsCancelled(Case of) {
        poolOf(of.poolBuffers);
        var sending = sent(of, withoutEnd(of)).onErrorComplete().subscribe();
        eventually(() -> pool.stats().totalAcquisitions() >= Math.min(of.buffers, FEW));
        sending.dispose();
        livesOn();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void itTimesOut(Case of) {
        poolOf(of.poolBuffers);
        sent(of, withoutEnd(of))
                .timeout(Duration.ofMillis(50))
                .onErrorComplete()
                .block(LIMIT);
        livesOn();
    }

    /** Each would fit alone; together they hold the pool, and wait for one another. */
    @Test
    void twoThatDoNotFitTogether() {
        poolOf(16);
        Case delete = new Case(Way.FLUX, HttpMethod.DELETE, 12, 16);
        List<Boolean> done = Flux.range(0, 3)
                .flatMap(i ->
                        sent(delete, body(12)).map(bytes -> true).onErrorReturn(PoolExhaustedException.class, false))
                .collectList()
                .block(LIMIT);
        assertThat(done).hasSize(3).contains(true);
        livesOn();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "DELETE", "POST", "PUT"})
    void aFile(String method, @TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[17 * CHUNK]);
        Mono<String> bytes = client.request(HttpMethod.valueOf(method))
                .uri("/")
                .send((request, outbound) -> NettyBuffers.sendFile(outbound, file, pool))
                .response()
                .map(response -> response.responseHeaders().get("bytes"));
        assertThat(bytes.block(LIMIT)).isEqualTo("" + 17 * CHUNK);
        livesOn();
    }

    /** The buffers of a connection that is used again and again leave no listener behind. */
    @Test
    void aConnectionIsUsedAgain() {
        Case delete = new Case(Way.FLUX, HttpMethod.DELETE, 2, 0);
        for (int i = 0; i < 20; i++) {
            assertThat(sent(delete, body(2)).block(LIMIT)).isEqualTo(2L * CHUNK);
        }
        livesOn();
    }
}
