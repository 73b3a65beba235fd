package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.WebsocketServerSpec;

/** The limit of a message counts what comes out: in one frame, in fragments, compressed or not, on both sides. */
class MessageLimitTest extends StreamTest {

    private static final int LIMIT_BYTES = 1 << 20;

    private DisposableServer server;

    @AfterEach
    void stop() {
        server.disposeNow(LIMIT);
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (boolean compressed : new boolean[] {false, true}) {
            for (boolean zeros : new boolean[] {false, true}) {
                for (int fragments : new int[] {1, 40}) {
                    for (int bytes : new int[] {65_536, 70_000, LIMIT_BYTES, LIMIT_BYTES + 1, 2 * LIMIT_BYTES}) {
                        cases.add(Arguments.of(compressed, zeros, fragments, bytes));
                    }
                }
            }
        }
        return cases.stream();
    }

    private static Flux<WebSocketFrame> frames(byte[] message, int fragments) {
        int each = (message.length + fragments - 1) / fragments;
        return Flux.fromStream(IntStream.range(0, fragments).mapToObj(i -> {
            int from = Math.min(message.length, i * each);
            var part = Unpooled.copiedBuffer(message, from, Math.min(each, message.length - from));
            boolean isLast = i == fragments - 1;
            return i == 0 ? new BinaryWebSocketFrame(isLast, 0, part) : new ContinuationWebSocketFrame(isLast, 0, part);
        }));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatAServerReceives(boolean compressed, boolean zeros, int fragments, int bytes) {
        byte[] message = zeros ? new byte[bytes] : content(bytes);
        server = NettyBuffers.equip(HttpServer.create().host("localhost").port(0), pool)
                .route(routes -> routes.ws(
                        "/",
                        (inbound, outbound) ->
                                outbound.sendString(NettyBuffers.receiveMessages(inbound, LIMIT_BYTES, pool)
                                        .consume(buffer -> "received " + buffer.length())),
                        WebsocketServerSpec.builder().compress(compressed).build()))
                .bindNow(LIMIT);
        String answer = HttpClient.create()
                .websocket(WebsocketClientSpec.builder().compress(compressed).build())
                .uri("ws://localhost:" + server.port())
                .handle((inbound, outbound) -> {
                    outbound.sendObject(frames(message, fragments)).then().subscribe(null, error -> {});
                    return inbound.receive().asString().take(1);
                })
                .onErrorComplete()
                .next()
                .defaultIfEmpty("refused")
                .block(LIMIT);
        assertThat(answer).isEqualTo(bytes > LIMIT_BYTES ? "refused" : "received " + bytes);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatAClientReceives(boolean compressed, boolean zeros, int fragments, int bytes) {
        byte[] message = zeros ? new byte[bytes] : content(bytes);
        server = HttpServer.create()
                .host("localhost")
                .port(0)
                .route(routes -> routes.ws(
                        "/",
                        (inbound, outbound) ->
                                outbound.sendObject(frames(message, fragments).concatWith(Mono.never())),
                        WebsocketServerSpec.builder().compress(compressed).build()))
                .bindNow(LIMIT);
        String answer = NettyBuffers.equip(HttpClient.create(), pool)
                .websocket(WebsocketClientSpec.builder().compress(compressed).build())
                .uri("ws://localhost:" + server.port())
                .handle((inbound, outbound) -> NettyBuffers.receiveMessages(inbound, LIMIT_BYTES, pool)
                        .consume(buffer -> "received " + buffer.length())
                        .take(1))
                .onErrorComplete()
                .next()
                .defaultIfEmpty("refused")
                .block(LIMIT);
        assertThat(answer).isEqualTo(bytes > LIMIT_BYTES ? "refused" : "received " + bytes);
    }
}
