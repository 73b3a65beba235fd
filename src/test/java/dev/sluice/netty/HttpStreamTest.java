package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
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
    private static final byte[] CONTENT = content(BODY);

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
        return BufferFlux.read(ByteSources.bytes(content).chunkSize(chunk), pool);
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
                .send((request, outbound) -> NettyBuffers.send(outbound, buffers(CONTENT, clientPool, 10_000)))
                .response((response, body) -> bytesOf(NettyBuffers.receive(body, clientPool)))
                .single()
                .block(LIMIT);
        assertThat(echoed).isEqualTo(CONTENT);
    }

    /** What is kept while more comes in stays as it was. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#protocols")
    void whatIsHeldIsNotOverwritten(Wire wire) {
        HttpClient client = start(
                wire,
                wire.httpServer(pool)
                        .handle((request, response) -> response.sendByteArray(NettyBuffers.receive(request, pool)
                                .collectList()
                                .map(all -> joined(
                                        all.stream().map(StreamTest::bytes).toList())))));
        byte[] echoed = client.post()
                .uri("/")
                .send((request, outbound) -> outbound.sendByteArray(
                        Flux.range(0, 3000).map(i -> Arrays.copyOfRange(CONTENT, i * 300, i * 300 + 300))))
                .responseSingle((response, body) -> body.asByteArray())
                .block(LIMIT);
        assertThat(echoed).isEqualTo(Arrays.copyOf(CONTENT, 900_000));
    }

    /** reactor-netty collects the body of a GET, and must get all of it. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#protocols")
    void theBodyOfAGet(Wire wire) {
        HttpClient client = start(
                wire,
                wire.httpServer(pool)
                        .handle((request, response) ->
                                NettyBuffers.send(response, NettyBuffers.receive(request, pool))));
        byte[] echoed = client.request(HttpMethod.GET)
                .uri("/")
                .send((request, outbound) -> NettyBuffers.send(outbound, buffers(content(100_000), clientPool, 1000)))
                .responseSingle((response, body) -> body.asByteArray())
                .block(LIMIT);
        assertThat(echoed).isEqualTo(content(100_000));
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#protocols")
    void oneBufferHasALength(Wire wire) {
        HttpClient client = start(
                wire,
                wire.httpServer(pool)
                        .route(routes -> routes.get(
                                        "/one",
                                        (request, response) -> NettyBuffers.send(
                                                response, Mono.fromSupplier(() -> buffer(pool, content(1000)))))
                                .get(
                                        "/none",
                                        (request, response) -> NettyBuffers.send(
                                                response, Mono.fromSupplier(() -> buffer(pool, content(0)))))
                                .get(
                                        "/many",
                                        (request, response) -> NettyBuffers.send(
                                                response,
                                                Flux.just(0, 500, 0, 0, 500)
                                                        .map(length -> buffer(pool, content(length))),
                                                buffer -> buffer.length() == 500))));
        assertThat(lengthOf(client, "/one")).isEqualTo("1000: 1000");
        assertThat(lengthOf(client, "/none")).isEqualTo("0: 0");
        assertThat(lengthOf(client, "/many")).endsWith(": 1000");
    }

    private String lengthOf(HttpClient client, String uri) {
        return client.get()
                .uri(uri)
                .response((response, body) -> bytesOf(NettyBuffers.receive(body, clientPool))
                        .map(bytes -> response.responseHeaders().get("content-length") + ": " + bytes.length))
                .single()
                .block(LIMIT);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void aFile(Wire wire) throws IOException {
        Path file = Files.write(dir.resolve("file"), CONTENT);
        HttpClient client = start(
                wire,
                wire.httpServer(pool)
                        .route(routes -> routes.get(
                                        "/all", (request, response) -> NettyBuffers.sendFile(response, file, pool))
                                .get(
                                        "/part",
                                        (request, response) ->
                                                NettyBuffers.sendFile(response, file, 100_000, 300_000, pool))
                                .get(
                                        "/end",
                                        (request, response) -> NettyBuffers.sendFile(
                                                response.sendByteArray(Flux.just(content(5), content(0))),
                                                file,
                                                BODY - 10,
                                                300_000,
                                                pool))
                                .get(
                                        "/missing",
                                        (request, response) ->
                                                NettyBuffers.sendFile(response, dir.resolve("missing"), pool))));
        assertThat(bodyOf(client, "/all")).isEqualTo(CONTENT);
        assertThat(bodyOf(client, "/part")).isEqualTo(Arrays.copyOfRange(CONTENT, 100_000, 400_000));
        assertThat(bodyOf(client, "/end"))
                .isEqualTo(joined(List.of(content(5), Arrays.copyOfRange(CONTENT, BODY - 10, BODY))));
        assertThat(client.get()
                        .uri("/missing")
                        .response()
                        .map(response -> response.status().code())
                        .block(LIMIT))
                .isEqualTo(500);
        if (wire.protocol().isTls() || wire.protocol().isHttp2()) {
            assertThat(pool.statsBySize().get(65536).totalAcquisitions()).isGreaterThanOrEqualTo(BODY / 65536);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#protocols")
    void aFileThatIsCompressed(Wire wire) throws IOException {
        Path file = Files.write(dir.resolve("file"), CONTENT);
        HttpClient client = start(
                        wire,
                        wire.httpServer(pool)
                                .compress(true)
                                .handle((request, response) -> NettyBuffers.sendFile(
                                        response.header("content-type", "text/plain"), file, pool)))
                .compress(true);
        assertThat(bodyOf(client, "/")).isEqualTo(CONTENT);
    }

    private byte[] bodyOf(HttpClient client, String uri) {
        return client.get()
                .uri(uri)
                .response((response, body) -> bytesOf(NettyBuffers.receive(body, clientPool)))
                .single()
                .block(LIMIT);
    }

    /** And {@code responseContent()} publishes frames too. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#protocols")
    void whatAFileHasWrittenToAFile(Wire wire) throws IOException {
        Path file = Files.write(dir.resolve("file"), CONTENT);
        HttpClient client = start(
                wire, wire.httpServer(pool).handle((request, response) -> NettyBuffers.sendFile(response, file, pool)));
        Path copy = dir.resolve("copy");
        Long written = NettyBuffers.receive(client.get().uri("/").responseContent(), clientPool)
                .writeTo(copy)
                .block(LIMIT);
        assertThat(written).isEqualTo(BODY);
        assertThat(copy).hasBinaryContent(CONTENT);
    }
}
