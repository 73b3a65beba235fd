package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** Real connections that live on pools: every transport, with and without TLS, and what happens when the pool is full. */
class EquipTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int LIMIT = 16 << 20;

    private final BufferPool serverPool =
            BufferPool.builder().name("server").maxBytes(LIMIT).build();
    private final BufferPool clientPool =
            BufferPool.builder().name("client").maxBytes(LIMIT).build();
    private final BufferPoolAllocator serverAlloc = NettyBuffers.allocator(serverPool);
    private final BufferPoolAllocator clientAlloc = NettyBuffers.allocator(clientPool);
    private final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();

    @AfterEach
    void nothingIsLeft() {
        for (BufferPool pool :
                new BufferPool[] {serverPool, clientPool, serverAlloc.overflow(), clientAlloc.overflow()}) {
            eventually(pool + " is at rest", () -> pool.stats().buffersInUse() == 0);
            assertThat(pool.stats().pending()).isZero();
        }
        eventually("the metric is at rest", () -> serverAlloc.metric().usedDirectMemory() == 0);
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            Thread.yield();
        }
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** A server that sends back what it gets, and looks at each frame. */
    private DisposableServer echo(TcpServer server, AtomicInteger others) {
        return server.handle((in, out) -> out.send(in.receive().map(frame -> {
                    PooledBuffer lease = Leases.leaseOn(frame, serverPool);
                    if (lease == null) {
                        others.incrementAndGet();
                    } else {
                        lease.release();
                    }
                    return frame.retain();
                })))
                .bindNow();
    }

    /** Sends bytes over a connection of its own, some of them as arrays, and takes as many back. */
    private Mono<byte[]> through(TcpClient client, byte[] sent) {
        Flux<ByteBuf> parts = Flux.range(0, (sent.length + 9_999) / 10_000)
                .map(i -> i % 3 == 0 ? Unpooled.wrappedBuffer(part(sent, i)) : pooled(part(sent, i)));
        return client.connect().flatMap(connection -> {
            connection.outbound().send(parts).then().subscribe(null, errors::add);
            return taken(connection, sent.length).doFinally(signal -> connection.dispose());
        });
    }

    private static byte[] part(byte[] bytes, int i) {
        return Arrays.copyOfRange(bytes, i * 10_000, Math.min(bytes.length, (i + 1) * 10_000));
    }

    private ByteBuf pooled(byte[] bytes) {
        return clientAlloc.buffer(bytes.length).writeBytes(bytes);
    }

    private static Mono<byte[]> taken(Connection connection, int length) {
        byte[] taken = new byte[length];
        AtomicInteger at = new AtomicInteger();
        return connection
                .inbound()
                .receive()
                .doOnNext(frame -> {
                    int index = at.getAndAdd(frame.readableBytes());
                    frame.readBytes(taken, index, frame.readableBytes());
                })
                .takeUntil(frame -> at.get() == length)
                .then(Mono.fromSupplier(() -> Arrays.copyOf(taken, at.get())));
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void allThatATcpServerReadsIsThePools(Wire wire) {
        AtomicInteger others = new AtomicInteger();
        Set<String> channels = ConcurrentHashMap.newKeySet();
        DisposableServer server = echo(
                NettyBuffers.equip(wire.tcpServer(serverPool), serverAlloc)
                        .doOnConnection(c -> channels.add(c.channel().getClass().getSimpleName())),
                others);
        TcpClient client = NettyBuffers.equip(wire.tcpClient(clientPool, server.port()), clientAlloc);
        Flux.range(1, 6)
                .flatMap(i -> {
                    byte[] sent = bytes(50_000 * i + i);
                    return through(client, sent)
                            .doOnNext(taken -> assertThat(taken).isEqualTo(sent));
                })
                .then()
                .block(PATIENCE);
        server.disposeNow();
        assertThat(others).as("frames that are not the pool's").hasValue(0);
        assertThat(channels).containsExactly(wire.isNative() ? "EpollSocketChannel" : "NioSocketChannel");
        assertThat(serverAlloc.overflow().stats().totalAcquisitions()).isZero();
        assertThat(errors).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#all")
    void allThatAnHttpServerReadsAndWritesIsThePools(Wire wire) {
        AtomicInteger others = new AtomicInteger();
        Queue<ByteBufAllocator> serverSaw = new ConcurrentLinkedQueue<>();
        Queue<ByteBufAllocator> clientSaw = new ConcurrentLinkedQueue<>();
        HttpServer echo = wire.httpServer(serverPool).handle((request, response) -> {
            request.withConnection(c -> serverSaw.add(c.channel().alloc()));
            serverSaw.add(response.alloc());
            return response.send(request.receive().map(frame -> {
                PooledBuffer lease = Leases.leaseOn(frame, serverPool);
                if (lease == null) {
                    others.incrementAndGet();
                } else {
                    lease.release();
                }
                return frame.retain();
            }));
        });
        DisposableServer server = NettyBuffers.equip(echo, serverAlloc).bindNow();
        ConnectionProvider connections = ConnectionProvider.create("equip", 2);
        HttpClient client = NettyBuffers.equip(wire.httpClient(connections, clientPool, server.port()), clientAlloc)
                .doOnRequest((request, c) -> clientSaw.add(c.channel().alloc()));
        byte[] sent = bytes(300_000);
        Flux.range(0, 6)
                .flatMap(i -> client.post()
                        .uri("/")
                        .send(Flux.range(0, 30).map(part -> pooled(part(sent, part))))
                        .responseContent()
                        .aggregate()
                        .asByteArray())
                .doOnNext(taken -> assertThat(taken).isEqualTo(sent))
                .blockLast(PATIENCE);
        connections.disposeLater().block(PATIENCE);
        server.disposeNow();
        if (PlatformDependent.hasDirectByteBufferAddress(ByteBuffer.allocateDirect(1))) {
            assertThat(others).as("frames that are not the pool's").hasValue(0);
        }
        assertThat(serverSaw).hasSize(12).allMatch(alloc -> alloc == serverAlloc);
        assertThat(clientSaw).hasSize(6).allMatch(alloc -> alloc == clientAlloc);
        assertThat(serverAlloc.overflow().stats().totalAcquisitions()).isZero();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void connectionsGoOnWhileThePoolHasNothing(Wire wire) {
        AtomicInteger others = new AtomicInteger();
        DisposableServer server = echo(NettyBuffers.equip(wire.tcpServer(serverPool), serverAlloc), others);
        TcpClient client = NettyBuffers.equip(wire.tcpClient(clientPool, server.port()), clientAlloc);
        PooledBuffer all = serverPool.acquire(LIMIT);
        byte[] sent = bytes(300_000);
        Flux.range(0, 5)
                .flatMap(i -> through(client, sent))
                .doOnNext(taken -> assertThat(taken).isEqualTo(sent))
                .blockLast(PATIENCE);
        all.release();
        server.disposeNow();
        assertThat(others).as("frames that are not the pool's").hasPositiveValue();
        assertThat(errors).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void beyondTheOverflowAConnectionEndsAndSaysWhy(Wire wire) {
        BufferPool tiny = BufferPool.builder().name("tiny").maxBytes(4096).build();
        PooledBuffer allOfTiny = tiny.acquire(4096);
        PooledBuffer all = serverPool.acquire(LIMIT);
        Queue<Throwable> seen = new ConcurrentLinkedQueue<>();
        AtomicInteger open = new AtomicInteger();
        DisposableServer server = NettyBuffers.equip(
                        wire.tcpServer(serverPool), NettyBuffers.allocator(serverPool, tiny))
                .doOnChannelInit(
                        (observer, channel, address) -> channel.pipeline().addFirst(new Errors(seen, open)))
                .handle((in, out) -> out.send(in.receive().retain()))
                .bindNow();
        TcpClient client = NettyBuffers.equip(wire.tcpClient(clientPool, server.port()), clientAlloc);
        byte[] taken = through(client, bytes(100_000))
                .onErrorReturn(new byte[0])
                .timeout(PATIENCE)
                .block(PATIENCE);
        assertThat(taken).isEmpty();
        eventually("the end of the connection", () -> open.get() == 0 && !seen.isEmpty());
        assertThat(seen).hasSize(1);
        assertThat(seen.peek())
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("nothing to read into: pool 'tiny' cannot grant 2,048 bytes now")
                .hasCauseInstanceOf(PoolExhaustedException.class);
        server.disposeNow();
        all.release();
        allOfTiny.release();
        eventually("tiny is at rest", () -> tiny.stats().buffersInUse() == 0);
    }

    private static final class Errors extends ChannelInboundHandlerAdapter {

        private final Queue<Throwable> seen;

        private final AtomicInteger open;

        Errors(Queue<Throwable> seen, AtomicInteger open) {
            this.seen = seen;
            this.open = open;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            open.incrementAndGet();
            context.fireChannelActive();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            open.decrementAndGet();
            context.fireChannelInactive();
        }

        @Override
        @SuppressWarnings("deprecation")
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            seen.add(cause);
            context.fireExceptionCaught(cause);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void aPoolThatIsClosedLetsConnectionsFinish(Wire wire) {
        AtomicInteger others = new AtomicInteger();
        DisposableServer server = echo(NettyBuffers.equip(wire.tcpServer(serverPool), serverAlloc), others);
        TcpClient client = NettyBuffers.equip(wire.tcpClient(clientPool, server.port()), clientAlloc);
        byte[] sent = bytes(200_000);
        Mono<byte[]> first = through(client, sent);
        assertThat(first.block(PATIENCE)).isEqualTo(sent);
        Mono<byte[]> second = client.connect().flatMap(connection -> {
            serverPool.close();
            connection.outbound().sendByteArray(Mono.just(sent)).then().subscribe(null, errors::add);
            return taken(connection, sent.length).doFinally(signal -> connection.dispose());
        });
        assertThat(second.block(PATIENCE)).isEqualTo(sent);
        server.disposeNow();
        assertThat(others).as("frames that are not the pool's").hasPositiveValue();
        assertThat(errors).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void anAbortedConnectionLeavesNothing(Wire wire) {
        DisposableServer server = NettyBuffers.equip(wire.tcpServer(serverPool), serverAlloc)
                .handle((in, out) -> out.send(Flux.range(0, 1_000)
                        .map(i -> out.alloc().buffer(4096).writeZero(4096))
                        .doOnDiscard(ByteBuf.class, ByteBuf::release)))
                .bindNow();
        TcpClient client = NettyBuffers.equip(wire.tcpClient(clientPool, server.port()), clientAlloc);
        for (int i = 0; i < 3; i++) {
            Connection connection = client.connectNow(PATIENCE);
            connection.inbound().receive().take(i + 1).blockLast(PATIENCE);
            connection.disposeNow(PATIENCE);
        }
        server.disposeNow();
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.netty.Wire#transports")
    void connectionsLiveOnAHeapPoolToo(Wire wire) {
        BufferPool heap =
                BufferPool.builder().name("heap").direct(false).maxBytes(LIMIT).build();
        BufferPoolAllocator heapAlloc = NettyBuffers.allocator(heap);
        DisposableServer server = NettyBuffers.equip(wire.tcpServer(serverPool), heapAlloc)
                .handle((in, out) -> out.send(in.receive().retain()))
                .bindNow();
        TcpClient client = NettyBuffers.equip(wire.tcpClient(clientPool, server.port()), clientAlloc);
        byte[] sent = bytes(200_000);
        assertThat(through(client, sent).block(PATIENCE)).isEqualTo(sent);
        server.disposeNow();
        assertThat(heap.budget().peak()).isPositive();
        eventually("direct bytes are at rest", () -> heapAlloc.metric().usedDirectMemory() == 0);
        eventually("heap bytes are at rest", () -> heapAlloc.metric().usedHeapMemory() == 0);
        assertThat(heap.stats().buffersInUse()).isZero();
        assertThat(errors).isEmpty();
    }

    @Test
    void needsSomethingToEquip() {
        assertThatThrownBy(() -> NettyBuffers.equip((HttpServer) null, serverPool))
                .hasMessage("server");
        assertThatThrownBy(() -> NettyBuffers.equip((TcpServer) null, serverPool))
                .hasMessage("server");
        assertThatThrownBy(() -> NettyBuffers.equip((HttpClient) null, serverPool))
                .hasMessage("client");
        assertThatThrownBy(() -> NettyBuffers.equip((TcpClient) null, serverPool))
                .hasMessage("client");
        assertThatThrownBy(() -> NettyBuffers.equip(HttpServer.create(), (BufferPool) null))
                .hasMessage("pool");
        assertThatThrownBy(() -> NettyBuffers.equip(TcpServer.create(), (BufferPoolAllocator) null))
                .hasMessage("allocator");
        assertThatThrownBy(() -> NettyBuffers.equip(HttpClient.create(), (BufferPoolAllocator) null))
                .hasMessage("allocator");
    }
}
