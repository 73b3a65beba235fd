package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.WebsocketServerSpec;
import reactor.netty.resources.ConnectionProvider;

/** Messages in both directions, whole and in fragments. */
class WebSocketTest extends StreamTest {

    private static final int MAX = 300_000;

    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(64 << 20).build();
    private final Holder received = new Holder();
    private DisposableServer server;

    @AfterEach
    void stop() {
        received.end();
        server.disposeNow(LIMIT);
        atRest(clientPool);
        clientPool.close();
    }

    private HttpClient client(Wire wire) {
        return wire.httpClient(ConnectionProvider.newConnection(), clientPool, server.port());
    }

    private void echoing(Wire wire) {
        server = wire.httpServer(pool)
                .route(routes -> routes.ws(
                        "/",
                        (inbound, outbound) ->
                                NettyBuffers.sendMessages(outbound, NettyBuffers.receiveMessages(inbound, MAX, pool))))
                .bindNow(LIMIT);
    }

    private void receiving(Wire wire) {
        server = wire.httpServer(pool)
                .route(routes -> routes.ws(
                        "/",
                        (inbound, outbound) -> Mono.<Void>never()
                                .doOnSubscribe(subscription -> NettyBuffers.receiveMessages(inbound, MAX, pool)
                                        .subscribe(received)),
                        WebsocketServerSpec.builder().handlePing(true).build()))
                .bindNow(LIMIT);
    }

    private void send(Wire wire, WebSocketFrame... frames) {
        client(wire)
                .websocket()
                .uri("/")
                .handle((inbound, outbound) ->
                        outbound.sendObject(Flux.just(frames)).neverComplete())
                .subscribe();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void eachBufferIsAMessageInBothDirections(Wire wire) {
        echoing(wire);
        List<Integer> lengths = List.of(0, 1, 125, 126, 4096, 0, 65_535, 65_536, 7, 0);
        List<byte[]> echoed = client(wire)
                .websocket()
                .uri("/")
                .handle((inbound, outbound) -> NettyBuffers.sendMessages(
                                outbound, Flux.fromIterable(lengths).map(length -> buffer(clientPool, content(length))))
                        .then()
                        .thenMany(NettyBuffers.receiveMessages(inbound, MAX, clientPool)
                                .consume(PooledBuffer::toByteArray)
                                .take(lengths.size())))
                .collectList()
                .block(LIMIT);
        assertThat(echoed)
                .containsExactlyElementsOf(
                        lengths.stream().map(StreamTest::content).toList());
    }

    /** What is sent to one is masked, and what others get of the same memory is not. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#plainTransports")
    void aBufferThatIsSentToManyStaysAsItIs(Wire wire) {
        echoing(wire);
        try (PooledBuffer shared = buffer(clientPool, content(10_000))) {
            List<byte[]> echoed = Flux.range(0, 5)
                    .flatMap(i -> client(wire)
                            .websocket()
                            .uri("/")
                            .handle((inbound, outbound) -> NettyBuffers.sendMessages(
                                            outbound, Flux.range(0, 20).map(j -> shared.retain()))
                                    .then()
                                    .thenMany(NettyBuffers.receiveMessages(inbound, MAX, clientPool)
                                            .consume(PooledBuffer::toByteArray)
                                            .take(20))))
                    .collectList()
                    .block(LIMIT);
            assertThat(echoed).hasSize(100).containsOnly(content(10_000));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void fragmentsArePutTogether(Wire wire) {
        receiving(wire);
        received.atOnce = Long.MAX_VALUE;
        byte[] message = content(200_000);
        WebSocketFrame[] frames = IntStream.range(0, 20)
                .mapToObj(i -> {
                    var part = Unpooled.wrappedBuffer(message, i * 10_000, 10_000);
                    return i == 0
                            ? new BinaryWebSocketFrame(false, 0, part)
                            : new ContinuationWebSocketFrame(i == 19, 0, part);
                })
                .toArray(WebSocketFrame[]::new);
        WebSocketFrame[] all = Arrays.copyOf(frames, 22);
        all[20] = new PingWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
        all[21] = new TextWebSocketFrame("the end");
        send(wire, all);
        eventually(() -> received.received.get() == 2);
        assertThat(received.takeAll()).containsExactly(message, "the end".getBytes(StandardCharsets.UTF_8));
        assertThat(received.ends).hasValue(0);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void aMessageThatIsTooLongEndsTheSequence(Wire wire) {
        receiving(wire);
        received.atOnce = Long.MAX_VALUE;
        send(
                wire,
                IntStream.range(0, 40)
                        .mapToObj(i -> {
                            var part = Unpooled.wrappedBuffer(new byte[10_000]);
                            return i == 0
                                    ? new BinaryWebSocketFrame(false, 0, part)
                                    : new ContinuationWebSocketFrame(false, 0, part);
                        })
                        .toArray(WebSocketFrame[]::new));
        eventually(() -> received.ends.get() == 1);
        assertThat(received.error).isInstanceOf(TooLongFrameException.class);
        assertThat(received.received).hasValue(0);
    }

    /** A message waits for memory as a frame does; the next one comes after it. */
    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#plainTransports")
    void messagesWaitForMemory(Wire wire) {
        pool.close();
        pool = BufferPool.builder().name("tiny").maxBytes(256 << 10).build();
        receiving(wire);
        received.atOnce = Long.MAX_VALUE;
        List<PooledBuffer> taken = takeAll(pool);
        send(
                wire,
                new BinaryWebSocketFrame(Unpooled.wrappedBuffer(content(50_000))),
                new BinaryWebSocketFrame(Unpooled.wrappedBuffer(content(60_000))));
        eventually(() -> pool.stats().pending() == 1);
        assertThat(received.received).hasValue(0);
        taken.forEach(PooledBuffer::release);
        eventually(() -> received.received.get() == 2);
        assertThat(received.takeAll()).containsExactly(content(50_000), content(60_000));
        assertThat(pool.stats().peakBytes()).isLessThanOrEqualTo(256 << 10);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#plainTransports")
    void cancellingEndsTheWebSocket(Wire wire) {
        echoing(wire);
        byte[] first = client(wire)
                .websocket()
                .uri("/")
                .handle((inbound, outbound) -> {
                    NettyBuffers.sendMessages(
                                    outbound, Flux.generate(sink -> sink.next(buffer(clientPool, content(1000)))))
                            .then()
                            .subscribe();
                    return NettyBuffers.receiveMessages(inbound, MAX, clientPool)
                            .consume(PooledBuffer::toByteArray);
                })
                .blockFirst(LIMIT);
        assertThat(first).isEqualTo(content(1000));
    }
}
