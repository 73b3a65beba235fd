package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.netty.NettyBuffers;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.HandlerStrategies;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

/** An equipped server and client share memory with who handles the body: a write through one name is seen through the other. */
class BodyZeroCopyTest extends SpringTest {

    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(16 << 20).build();

    private final List<Boolean> shared = Collections.synchronizedList(new ArrayList<>());

    /** Goes on with the body; notes for each data buffer whether the lease that is made of it is on the same memory. */
    private BufferFlux watched(Flux<DataBuffer> body, BufferPool into) {
        AtomicReference<ByteBuffer> last = new AtomicReference<>();
        return BufferFlux.from(DataBuffers.toBufferFlux(body.doOnNext(buffer -> last.set(alias(buffer))), into)
                .doOnNext(buffer -> {
                    ByteBuffer lease = buffer.byteBuffer();
                    byte before = lease.get(0);
                    last.get().put(0, (byte) ~before);
                    shared.add(lease.get(0) == (byte) ~before);
                    last.get().put(0, before);
                }));
    }

    private static ByteBuffer alias(DataBuffer buffer) {
        assertThat(buffer).isInstanceOf(NettyDataBuffer.class);
        return ((NettyDataBuffer) buffer).getNativeBuffer().nioBuffer();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatTheServerReadsIsWhatTheHandlerGets(boolean equipped) {
        byte[] bytes = content(1_000_000);
        HttpHandler handler = RouterFunctions.toHttpHandler(
                RouterFunctions.route()
                        .POST(
                                "/",
                                request -> watched(
                                                request.exchange().getRequest().getBody(), pool)
                                        .digest("SHA-256")
                                        .flatMap(digest -> ServerResponse.ok().bodyValue(TestController.hex(digest))))
                        .build(),
                HandlerStrategies.withDefaults());
        exchange(handler, equipped, client -> {
            String digest = client.post()
                    .bodyValue(bytes)
                    .retrieve()
                    .bodyToMono(String.class)
                    .block(LIMIT);
            assertThat(digest).isEqualTo(TestController.sha256(bytes));
        });
        assertThat(shared).isNotEmpty();
        if (equipped) {
            assertThat(shared.stream().filter(same -> !same).count())
                    .as("but for parts so small that they are copied, of %,d", shared.size())
                    .isZero();
        } else {
            assertThat(shared).containsOnly(false);
        }
    }

    @Test
    void whatTheClientReadsIsWhatItsUserGets() {
        byte[] bytes = content(1_000_000);
        HttpHandler handler = RouterFunctions.toHttpHandler(RouterFunctions.route()
                .GET("/", request -> ServerResponse.ok().bodyValue(bytes))
                .build());
        exchange(handler, true, client -> {
            byte[] digest = client.get()
                    .exchangeToFlux(
                            response -> watched(response.body((message, context) -> message.getBody()), clientPool))
                    .as(BufferFlux::from)
                    .digest("SHA-256")
                    .block(LIMIT);
            assertThat(TestController.hex(digest)).isEqualTo(TestController.sha256(bytes));
        });
        assertThat(shared).isNotEmpty().containsOnly(true);
    }

    /** What is written is the lease itself: it is released when the transport has it, and no other buffer was taken for it. */
    @Test
    void whatTheHandlerReturnsIsWhatTheServerWrites() {
        byte[] bytes = content(1_000_000);
        HandlerStrategies strategies = HandlerStrategies.builder()
                .codecs(codecs -> PooledBufferCodecs.register(codecs, pool))
                .build();
        List<PooledBuffer> written = Collections.synchronizedList(new ArrayList<>());
        HttpHandler handler = RouterFunctions.toHttpHandler(
                RouterFunctions.route()
                        .GET(
                                "/",
                                request -> ServerResponse.ok()
                                        .body(
                                                BufferFlux.read(
                                                                ByteSources.bytes(bytes)
                                                                        .chunkSize(50_000),
                                                                pool)
                                                        .doOnNext(written::add),
                                                PooledBuffer.class))
                        .build(),
                strategies);
        exchange(handler, false, client -> {
            byte[] received = client.get().retrieve().bodyToMono(byte[].class).block(LIMIT);
            assertThat(received).isEqualTo(bytes);
        });
        assertThat(written).hasSize(20).allMatch(PooledBuffer::isReleased);
        assertThat(pool.stats().totalAcquisitions()).isEqualTo(20);
    }

    private void exchange(HttpHandler handler, boolean equipped, java.util.function.Consumer<WebClient> exchange) {
        HttpServer server = HttpServer.create().host("localhost").port(0);
        DisposableServer bound = (equipped ? NettyBuffers.equip(server, pool) : server)
                .handle(new ReactorHttpHandlerAdapter(handler))
                .bindNow();
        ConnectionProvider connections = ConnectionProvider.create("test", 2);
        try {
            exchange.accept(WebClient.builder()
                    .clientConnector(new ReactorClientHttpConnector(
                            NettyBuffers.equip(HttpClient.create(connections), clientPool)))
                    .codecs(codecs -> codecs.defaultCodecs().maxInMemorySize(4 << 20))
                    .baseUrl("http://localhost:" + bound.port())
                    .build());
        } finally {
            connections.dispose();
            bound.disposeNow();
        }
        atRest(clientPool);
        clientPool.close();
    }
}
