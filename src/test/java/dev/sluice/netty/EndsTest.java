package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.PrematureCloseException;
import reactor.netty.resources.ConnectionProvider;

/** However a connection ends, each side hears it once, and nothing is in flight. */
class EndsTest extends StreamTest {

    private static final int CHUNK = 16 << 10;

    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(64 << 20).build();
    private final ConnectionProvider connections = ConnectionProvider.create("ends", 10);

    /** How what the server receives and sends has ended. */
    private final Holder received = new Holder();

    private final List<SignalType> sent = new CopyOnWriteArrayList<>();
    private DisposableServer server;

    @AfterEach
    void stop() {
        connections.disposeLater().block(LIMIT);
        server.disposeNow(LIMIT);
        atRest(clientPool);
        clientPool.close();
    }

    /** Buffers without end. */
    private static Flux<PooledBuffer> endless(BufferPool pool) {
        return Flux.generate(sink -> sink.next(pool.acquire(CHUNK)));
    }

    private Mono<Void> received(BufferFlux buffers) {
        return Mono.<Void>never().doOnSubscribe(subscription -> buffers.subscribe(received));
    }

    private Connection connect(Wire wire) {
        return wire.tcpClient(clientPool, server.port()).connectNow(LIMIT);
    }

    private void receivingServer(Wire wire) {
        server = wire.tcpServer(pool)
                .handle((inbound, outbound) -> received(NettyBuffers.receive(inbound, pool)))
                .bindNow(LIMIT);
    }

    private void sendingServer(Wire wire) {
        server = wire.tcpServer(pool)
                .handle((inbound, outbound) ->
                        NettyBuffers.send(outbound, endless(pool).doFinally(sent::add)))
                .bindNow(LIMIT);
    }

    private void endsOnce() {
        eventually(() -> received.ends.get() == 1);
        received.end();
        atRest(pool);
        assertThat(received.ends).hasValue(1);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void aPeerThatNeverReads(Wire wire) {
        sendingServer(wire);
        Connection client = connect(wire);
        AtomicInteger same = new AtomicInteger();
        long[] last = {0};
        eventually(() -> {
            long now = pool.stats().totalAcquisitions();
            same.set(now == last[0] && now > 0 ? same.get() + 1 : 0);
            last[0] = now;
            return same.get() > 500; // nothing moves
        });
        assertThat(pool.stats().bytesInUse()).isLessThanOrEqualTo(3 * SendSubscriber.WINDOW_BYTES);
        client.disposeNow(LIMIT);
        eventually(() -> sent.size() == 1);
        atRest(pool);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void theReceiverCancels(Wire wire) {
        sendingServer(wire);
        Connection client = connect(wire);
        Long taken = NettyBuffers.receive(client.inbound(), clientPool)
                .takeBytes(100_000)
                .consume(PooledBuffer::length)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(taken).isEqualTo(100_000);
        client.disposeNow(LIMIT);
        atRest(clientPool);
        eventually(() -> sent.size() == 1);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void theSenderIsCancelled(Wire wire) {
        receivingServer(wire);
        received.atOnce = Long.MAX_VALUE;
        Connection client = connect(wire);
        var sending = NettyBuffers.send(client.outbound(), endless(clientPool).doFinally(sent::add))
                .then()
                .subscribe();
        eventually(() -> received.received.get() > 0);
        sending.dispose();
        assertThat(sent).containsExactly(SignalType.CANCEL);
        received.takeAll();
        client.disposeNow(LIMIT);
        endsOnce();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void theSourceOfTheSenderFails(Wire wire) {
        receivingServer(wire);
        received.atOnce = Long.MAX_VALUE;
        Connection client = connect(wire);
        Flux<PooledBuffer> failing = Flux.concat(endless(clientPool).take(20), Flux.error(new IOException("no more")));
        assertThatThrownBy(() ->
                        NettyBuffers.send(client.outbound(), failing).then().block(LIMIT))
                .hasRootCauseMessage("no more");
        atRest(clientPool);
        client.disposeNow(LIMIT);
        endsOnce();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void theConnectionDiesWhileSomethingIsHeldAndMoreIsQueued(Wire wire) {
        receivingServer(wire);
        received.atOnce = 2;
        Connection client = connect(wire);
        NettyBuffers.send(client.outbound(), endless(clientPool)).then().subscribe();
        eventually(() -> received.received.get() == 2);
        client.disposeNow(LIMIT);
        atRest(clientPool);
        received.takeAll();
        received.request(Long.MAX_VALUE);
        endsOnce();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void aPeerThatIsSilentForTooLong(Wire wire) {
        server = wire.tcpServer(pool)
                .doOnConnection(
                        connection -> connection.addHandlerLast(new ReadTimeoutHandler(200, TimeUnit.MILLISECONDS)))
                .handle((inbound, outbound) -> received(NettyBuffers.receive(inbound, pool)))
                .bindNow(LIMIT);
        received.atOnce = 1;
        Connection client = connect(wire);
        endsOnce();
        assertThat(received.error).isInstanceOf(ReadTimeoutException.class);
        client.disposeNow(LIMIT);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#plainTransports")
    void aHalfClose(Wire wire) throws IOException {
        receivingServer(wire);
        received.atOnce = Long.MAX_VALUE;
        try (Socket client = new Socket("localhost", server.port())) {
            client.getOutputStream().write(content(50_000));
            client.shutdownOutput();
            eventually(() -> received.ends.get() == 1);
            assertThat(received.error).isNull();
            assertThat(joined(received.takeAll())).isEqualTo(content(50_000));
        }
        endsOnce();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#plainTransports")
    void aReset(Wire wire) throws IOException {
        receivingServer(wire);
        received.atOnce = Long.MAX_VALUE;
        try (Socket client = new Socket("localhost", server.port())) {
            client.getOutputStream().write(content(50_000));
            eventually(() -> received.received.get() > 0);
            client.setSoLinger(true, 0);
        }
        endsOnce();
    }

    private HttpClient http(Wire wire) {
        return wire.httpClient(connections, clientPool, server.port());
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void theServerFailsWithinTheBody(Wire wire) {
        server = wire.httpServer(pool)
                .handle((request, response) -> NettyBuffers.send(
                        response, Flux.concat(endless(pool).take(20), Flux.error(new IOException("no more")))))
                .bindNow(LIMIT);
        AtomicInteger bytes = new AtomicInteger();
        assertThatThrownBy(() -> NettyBuffers.receive(http(wire).get().responseContent(), clientPool)
                        .consume(buffer -> bytes.addAndGet(buffer.length()))
                        .blockLast(LIMIT))
                .satisfies(error -> assertThat(error.getCause() == null ? error : error.getCause())
                        .isInstanceOf(IOException.class));
        assertThat(bytes).hasValueLessThanOrEqualTo(20 * CHUNK);
        atRest(pool);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void theClientCancelsTheResponse(Wire wire) {
        server = wire.httpServer(pool)
                .handle((request, response) ->
                        NettyBuffers.send(response, endless(pool).doFinally(sent::add)))
                .bindNow(LIMIT);
        Long taken = NettyBuffers.receive(http(wire).get().responseContent(), clientPool)
                .takeBytes(100_000)
                .consume(PooledBuffer::length)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(taken).isEqualTo(100_000);
        atRest(clientPool);
        eventually(() -> sent.size() == 1);
        atRest(pool);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void theClientAbortsTheRequest(Wire wire) {
        server = wire.httpServer(pool)
                .handle((request, response) -> received(NettyBuffers.receive(request, pool)))
                .bindNow(LIMIT);
        received.atOnce = 2;
        var upload = http(wire)
                .post()
                .send((request, outbound) -> NettyBuffers.send(outbound, endless(clientPool)))
                .response()
                .subscribe(response -> {}, error -> {});
        eventually(() -> received.received.get() == 2);
        upload.dispose();
        atRest(clientPool);
        received.takeAll();
        received.request(Long.MAX_VALUE);
        endsOnce();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void theServerWantsOnlyTheBeginning(Wire wire) {
        server = wire.httpServer(pool)
                .handle((request, response) -> response.sendString(NettyBuffers.receive(request, pool)
                        .takeBytes(10)
                        .consume(PooledBuffer::length)
                        .reduce(0, Integer::sum)
                        .map(String::valueOf)))
                .bindNow(LIMIT);
        String answer = http(wire)
                .post()
                .send((request, outbound) -> NettyBuffers.send(
                        outbound,
                        BufferFlux.read(ByteSources.bytes(content(100_000)).chunkSize(5000), clientPool)))
                .responseSingle((response, body) -> body.asString())
                .onErrorReturn(IOException.class, "10") // closed before the answer was read
                .block(LIMIT);
        assertThat(answer).isEqualTo("10");
        atRest(pool);
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void theServerClosesWithinTheBody(Wire wire) {
        server = wire.httpServer(pool)
                .handle((request, response) -> NettyBuffers.send(
                                response, endless(pool).take(20))
                        .then(Mono.fromRunnable(() -> response.withConnection(
                                connection -> connection.channel().close()))))
                .bindNow(LIMIT);
        assertThatThrownBy(() -> NettyBuffers.receive(http(wire).get().responseContent(), clientPool)
                        .consume(PooledBuffer::length)
                        .blockLast(LIMIT))
                .hasCauseInstanceOf(PrematureCloseException.class);
        atRest(pool);
    }
}
