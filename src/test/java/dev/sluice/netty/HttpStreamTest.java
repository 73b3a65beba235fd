package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

/** Bodies of requests and responses, over every transport and protocol. */
class HttpStreamTest extends StreamTest {

    private static final int BODY = 1_000_000;

    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(64 << 20).build();
    private final ConnectionProvider connections = ConnectionProvider.create("test", 100);
    private DisposableServer server;

    @TempDir
    Path dir;

    @AfterEach
    void stop() {
        connections.disposeLater().block(LIMIT);
        if (server != null) {
            server.disposeNow(LIMIT);
        }
        atRest(clientPool);
        clientPool.close();
    }

    private HttpClient start(Wire wire, HttpServer routed) {
        server = routed.bindNow(LIMIT);
        return wire.httpClient(connections, clientPool, server.port());
    }

    private static BufferFlux buffers(byte[] content, BufferPool pool, int chunk) {
        return BufferFlux.fromBytes(content, pool, chunk);
    }

    private static Mono<byte[]> bytesOf(BufferFlux received) {
        return received.consume(PooledBuffer::toByteArray).collectList().map(StreamTest::joined);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void anEcho(Wire wire) {
        HttpClient client = start(
                wire,
                wire.httpServer(pool)
                        .handle((request, response) ->
                                NettyBuffers.send(response, NettyBuffers.receive(request, pool))));
        byte[] echoed = client.post()
                .uri("/")
                .send((request, outbound) ->
                        NettyBuffers.send(outbound, buffers(content(BODY), clientPool, 10_000)))
                .response((response, body) -> bytesOf(NettyBuffers.receive(body, clientPool)))
                .single()
                .block(LIMIT);
        assertThat(echoed).isEqualTo(content(BODY));
    }

    /** What is kept while more comes in stays as it was. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void whatIsHeldIsNotOverwritten(Wire wire) {
        HttpClient client = start(
                wire,
                wire.httpServer(pool).handle((request, response) -> response.sendByteArray(NettyBuffers.receive(
                                request, pool)
                        .collectList()
                        .map(all -> joined(all.stream().map(StreamTest::bytes).toList())))));
        byte[] echoed = client.post()
                .uri("/")
                .send((request, outbound) -> outbound.sendByteArray(
                        Flux.range(0, 3000).map(i -> Arrays.copyOfRange(content(BODY), i * 300, i * 300 + 300))))
                .responseSingle((response, body) -> body.asByteArray())
                .block(LIMIT);
        assertThat(echoed).isEqualTo(Arrays.copyOf(content(BODY), 900_000));
    }
}
