package dev.sluice.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.Handover;
import dev.sluice.flux.WaitPolicy;
import dev.sluice.netty.Certificate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRoutes;

/** The JDK's own client, over HTTP/1.1 and HTTP/2, against a server of reactor-netty. */
class JdkBodiesTest extends ClientsTest {

    private static final byte[] CONTENT = content(1_000_000);

    private enum Wire {
        HTTP_1,
        /** Upgraded by the first request. */
        H2C,
        H2
    }

    private DisposableServer server;
    private HttpClient client;
    private String scheme;

    @AfterEach
    void stop() {
        if (server != null) {
            server.disposeNow(LIMIT);
        }
    }

    private static byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    private void start(Wire wire) {
        HttpServer all = HttpServer.create().host("localhost").port(0).route(JdkBodiesTest::routes);
        HttpServer spoken = switch (wire) {
            case HTTP_1 -> all.protocol(HttpProtocol.HTTP11);
            case H2C -> all.protocol(HttpProtocol.HTTP11, HttpProtocol.H2C);
            case H2 ->
                all.protocol(HttpProtocol.H2)
                        .secure(spec -> spec.sslContext(Http2SslContextSpec.forServer(Certificate.keys())));
        };
        server = spoken.bindNow(LIMIT);
        client = HttpClient.newBuilder()
                .version(wire == Wire.HTTP_1 ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
                .sslContext(trusting())
                .build();
        scheme = wire == Wire.H2 ? "https" : "http";
        HttpResponse<Void> first = send(request("/nothing").GET(), BodyHandlers.discarding());
        assertThat(first.version())
                .isEqualTo(wire == Wire.HTTP_1 ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2);
    }

    private static SSLContext trusting() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            TrustManager[] all = InsecureTrustManagerFactory.INSTANCE.getTrustManagers();
            context.init(null, all, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void routes(HttpServerRoutes routes) {
        routes.get("/nothing", (request, response) -> response.send())
                .post("/echo", (request, response) -> {
                    String length = request.requestHeaders().get("content-length", "none");
                    return response.header("x-length", length)
                            .send(request.receive().retain());
                })
                .post("/deaf", (request, response) -> Mono.never())
                .get("/content", (request, response) -> response.send(pieces()))
                .get(
                        "/broken",
                        (request, response) ->
                                response.send(pieces().take(100).concatWith(Mono.error(new IOException("broken")))))
                .get(
                        "/endless",
                        (request, response) -> response.send(
                                Flux.<ByteBuf>generate(sink -> sink.next(Unpooled.wrappedBuffer(new byte[8192])))));
    }

    private static Flux<ByteBuf> pieces() {
        return Flux.range(0, CONTENT.length / 1000).map(i -> Unpooled.wrappedBuffer(CONTENT, i * 1000, 1000));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(scheme + "://localhost:" + server.port() + path))
                .timeout(LIMIT);
    }

    private <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
        try {
            return client.sendAsync(request.build(), handler).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new CompletionError(e.getCause());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static final class CompletionError extends RuntimeException {

        private static final long serialVersionUID = 1L;

        CompletionError(Throwable cause) {
            super(cause);
        }
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void sendsWithoutALength(Wire wire) {
        start(wire);
        HttpResponse<byte[]> echo =
                send(request("/echo").POST(JdkBodies.publisher(body(100, 10_000))), BodyHandlers.ofByteArray());
        assertThat(echo.body()).isEqualTo(sent.toByteArray()).hasSize(1_000_000);
        assertThat(echo.headers().firstValue("x-length")).contains("none");
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void sendsWithALength(Wire wire) {
        start(wire);
        HttpResponse<byte[]> echo = send(
                request("/echo").POST(JdkBodies.publisher(body(100, 10_000), 1_000_000)), BodyHandlers.ofByteArray());
        assertThat(echo.body()).isEqualTo(sent.toByteArray());
        assertThat(echo.headers().firstValue("x-length")).contains("1000000");
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void sendsNothing(Wire wire) {
        start(wire);
        assertThat(send(request("/echo").POST(JdkBodies.publisher(body(1, 10), 0)), BodyHandlers.ofByteArray())
                        .body())
                .isEmpty();
        assertThat(sent.size()).isZero();
        assertThat(send(
                                request("/echo").POST(JdkBodies.publisher(BufferFlux.emptyBuffers())),
                                BodyHandlers.ofByteArray())
                        .body())
                .isEmpty();
    }

    /** What the client does with views that are released when onNext returns: the reason for the copy. */
    @ParameterizedTest
    @EnumSource(value = Wire.class, names = "H2")
    void theClientReadsWhatItIsGivenAfterItsOnNextHasReturned(Wire wire) {
        start(wire);
        BodyPublisher views = HttpRequest.BodyPublishers.fromPublisher(
                JdkFlowAdapter.publisherToFlowPublisher(body(100, 10_000).toByteBuffers(Handover.COPIED)));
        assertThat(send(request("/echo").POST(views), BodyHandlers.ofByteArray())
                        .body())
                .isNotEqualTo(sent.toByteArray());
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void aLengthThatIsNotSoFails(Wire wire) {
        start(wire);
        for (long wrong : new long[] {99_999, 100_001}) {
            assertThatThrownBy(() -> send(
                            request("/echo").POST(JdkBodies.publisher(body(10, 10_000), wrong)),
                            BodyHandlers.ofByteArray()))
                    .isInstanceOf(CompletionError.class)
                    .hasCauseInstanceOf(IOException.class);
            start(wire, server, client);
        }
    }

    /** The connection is gone; the next request has another one. */
    private void start(Wire wire, DisposableServer old, HttpClient former) {
        eventually(() -> stamped.out() == 0, stamped::out);
        old.disposeNow(Duration.ofSeconds(5));
        start(wire);
        assertThat(client).isNotSameAs(former);
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void anErrorOfTheBodyIsTheRequests(Wire wire) {
        start(wire);
        BufferFlux failing = BufferFlux.from(
                Flux.concat(body(3, 1000), Flux.error(new IllegalStateException("the source is broken"))));
        assertThatThrownBy(() -> send(request("/echo").POST(JdkBodies.publisher(failing)), BodyHandlers.ofByteArray()))
                .isInstanceOf(CompletionError.class)
                .hasStackTraceContaining("the source is broken");
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void aRequestThatIsCancelledCancelsItsBody(Wire wire) {
        start(wire);
        AtomicBoolean cancelled = new AtomicBoolean();
        BufferFlux endless = BufferFlux.from(
                Flux.<PooledBuffer>generate(sink -> sink.next(stamp(10_000))).doOnCancel(() -> cancelled.set(true)));
        CompletableFuture<HttpResponse<byte[]>> asked = client.sendAsync(
                request("/deaf").POST(JdkBodies.publisher(endless)).build(), BodyHandlers.ofByteArray());
        eventually(() -> sent.size() > 0, sent::size);
        asked.cancel(true);
        if (wire == Wire.HTTP_1) { // the client forgets it over HTTP/2, now and then
            eventually(cancelled::get, () -> "not cancelled");
        }
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void receives(Wire wire) {
        start(wire);
        for (int i = 0; i < 3; i++) {
            HttpResponse<BufferFlux> response = send(request("/content").GET(), JdkBodies.handler(pool));
            assertThat(bytesOf(response.body())).isEqualTo(CONTENT);
        }
        assertThat(bytesOf(
                        send(request("/nothing").GET(), JdkBodies.handler(pool)).body()))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void receivesNoMoreThanIsAskedForAndCancels(Wire wire) {
        start(wire);
        BufferFlux endless =
                send(request("/endless").GET(), JdkBodies.handler(pool)).body();
        BaseSubscriber<PooledBuffer> two = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(2);
            }

            @Override
            protected void hookOnNext(PooledBuffer buffer) {}
        };
        var held = new CopyOnWriteArrayList<PooledBuffer>();
        endless.doOnNext(held::add).subscribe(two);
        eventually(() -> held.size() == 2, held::size);
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        two.cancel();
        held.forEach(PooledBuffer::release);
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void aBodyThatBreaksOffIsAnError(Wire wire) {
        start(wire);
        HttpResponse<BufferFlux> response = send(request("/broken").GET(), JdkBodies.handler(pool));
        assertThatThrownBy(() -> bytesOf(response.body())).hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void aBodyWaitsForMemoryAsItIsTold() {
        start(Wire.HTTP_1);
        PooledBuffer all = pool.acquire(64 << 20);
        try {
            BufferFlux body =
                    send(request("/content").GET(), JdkBodies.handler(pool)).body();
            assertThatThrownBy(() -> bytesOf(body.waiting(WaitPolicy.never())))
                    .isInstanceOf(PoolExhaustedException.class);
        } finally {
            all.release();
        }
    }

    @Test
    void aLengthIsNotNegative() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JdkBodies.publisher(BufferFlux.emptyBuffers(), -1_000))
                .withMessage("the length must be at least 0, not -1,000");
    }
}
