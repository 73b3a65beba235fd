package dev.sluice.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import io.netty.handler.codec.CorruptedFrameException;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A body that breaks is an error, and no piece of it is taken for the whole. */
class EquipBrokenBodyTest extends StreamTest {

    private static final String HEAD = "POST /%s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

    private enum Body {
        NO_SIZE("3\r\nabc\r\nZZ\r\n"),
        NO_SIZE_AT_ONCE("ZZ\r\n"),
        NEGATIVE_SIZE("3\r\nabc\r\n-1\r\n"),
        SIZE_TOO_LARGE("3\r\nabc\r\nffffffffff\r\n"),
        NO_DELIMITER("3\r\nabcXX3\r\nabc\r\n0\r\n\r\n"),
        LONG_EXTENSION("3\r\nabc\r\n3;" + "x".repeat(10_000) + "\r\nabc\r\n0\r\n\r\n"),
        LONG_TRAILER("3\r\nabc\r\n0\r\nX: " + "x".repeat(10_000) + "\r\n\r\n"),
        BAD_TRAILER("3\r\nabc\r\n0\r\na b\u0000: c\r\n\r\n");

        final String text;

        Body(String text) {
            this.text = text;
        }
    }

    @TempDir
    Path directory;

    private Path file;
    private DisposableServer server;
    private final Queue<Object> heard = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(directory.resolve("file"), "the old content");
    }

    @AfterEach
    void theFileIsWhole() throws IOException {
        server.disposeNow(LIMIT);
        assertThat(file).hasContent("the old content");
        try (var all = Files.list(directory)) {
            assertThat(all).containsExactly(file);
        }
    }

    private void serve(BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> handler) {
        server = NettyBuffers.equip(HttpServer.create().host("localhost").port(0), pool)
                .handle(handler)
                .bindNow(LIMIT);
    }

    private Mono<Void> written(HttpServerRequest request) {
        return NettyBuffers.receive(request, pool)
                .writeTo(file)
                .doOnError(heard::add)
                .doOnSuccess(heard::add)
                .then();
    }

    /** Sends, and reads until the server closes. */
    private String answer(String... requests) throws IOException {
        try (Socket socket = new Socket("localhost", server.port())) {
            socket.setSoTimeout((int) LIMIT.toMillis());
            for (String request : requests) {
                socket.getOutputStream().write(request.getBytes(US_ASCII));
            }
            return new String(socket.getInputStream().readAllBytes(), US_ASCII);
        }
    }

    private static String post(String path, String body) {
        return String.format(Locale.ROOT, HEAD, path) + body;
    }

    private void heardOf(Class<? extends Throwable> error) {
        eventually(() -> !heard.isEmpty());
        assertThat(heard).singleElement().isInstanceOf(error);
    }

    @ParameterizedTest
    @EnumSource(Body.class)
    void aFileIsNotReplacedByAPiece(Body body) throws IOException {
        serve((request, response) -> written(request).then(response.status(204).send()));
        assertThat(answer(post("", body.text))).startsWith("HTTP/1.1 400 ");
        heardOf(CorruptedFrameException.class);
        assertThat((Throwable) heard.remove())
                .hasMessageMatching("the body of the request is broken after [03] bytes: \\S.*");
    }

    @ParameterizedTest
    @EnumSource(Body.class)
    void norByReactorNettysOwnBody(Body body) throws IOException {
        serve((request, response) -> request.receive()
                .aggregate()
                .asString()
                .doOnError(heard::add)
                .doOnSuccess(heard::add)
                .then(response.status(204).send()));
        assertThat(answer(post("", body.text))).startsWith("HTTP/1.1 400 ");
        heardOf(CorruptedFrameException.class);
    }

    @ParameterizedTest
    @EnumSource(Body.class)
    void norIfTheRequestWaitsBehindAnother(Body body) throws IOException {
        serve((request, response) -> request.uri().equals("/first")
                ? response.status(200)
                        .sendString(Mono.fromSupplier(() -> "first").delayUntil(first -> waiting()))
                : written(request).then(response.status(204).send()));
        assertThat(answer(post("first", "0\r\n\r\n"), post("second", body.text)))
                .startsWith("HTTP/1.1 200 ")
                .contains("HTTP/1.1 400 ");
        heardOf(CorruptedFrameException.class);
    }

    /** Until the second request has certainly come. */
    private static Mono<Long> waiting() {
        return Mono.delay(Duration.ofMillis(100));
    }

    @Test
    void theAnswerHasBegun() throws IOException {
        serve((request, response) -> NettyBuffers.send(
                response,
                NettyBuffers.receive(request, pool)
                        .doOnError(heard::add)
                        .doOnCancel(() -> heard.add("cancelled"))
                        .doOnComplete(() -> heard.add("complete"))));
        assertThat(answer(post("", Body.NO_SIZE.text))).startsWith("HTTP/1.1 200 ");
        eventually(() -> !heard.isEmpty());
        assertThat(heard).doesNotContain("complete");
    }

    @Test
    void aWholeBodyAfterAnother() throws IOException {
        Queue<Integer> lengths = new ConcurrentLinkedQueue<>();
        serve((request, response) -> NettyBuffers.receive(request, pool)
                .consume(PooledBuffer::length)
                .reduce(0, Integer::sum)
                .doOnNext(lengths::add)
                .then(response.status(204).send()));
        String close =
                post("", "4\r\nabcd\r\n0\r\na: b\r\n\r\n").replace("\r\n\r\n4", "\r\nConnection: close\r\n\r\n4");
        assertThat(answer(post("", "3;x=y\r\nabc\r\n0\r\n\r\n"), close))
                .containsPattern("HTTP/1.1 204 [^!]*HTTP/1.1 204 ");
        assertThat(lengths).containsExactly(3, 4);
    }

    @ParameterizedTest
    @EnumSource(value = Body.class, names = "BAD_TRAILER", mode = EnumSource.Mode.EXCLUDE) // taken for a name
    void aResponseThatBreaks(Body body) {
        server = reactor.netty.tcp.TcpServer.create()
                .host("localhost")
                .port(0)
                .handle((inbound, outbound) -> inbound.receive()
                        .next()
                        .flatMap(request -> outbound.sendString(
                                        Mono.just("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body.text))
                                .then())
                        .then(Mono.never()))
                .bindNow(LIMIT);
        Mono<Long> bytes = NettyBuffers.receive(
                        NettyBuffers.equip(HttpClient.create(), pool)
                                .get()
                                .uri("http://localhost:" + server.port())
                                .responseContent(),
                        pool)
                .writeTo(file);
        assertThat(bytes.materialize().block(LIMIT).getThrowable()).isNotNull();
    }
}
