package dev.sluice.samples.tcprelay;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.netty.NettyBuffers;
import dev.sluice.samples.console.Address;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** Accepts connections and passes on what comes, both ways, through one pool. */
final class Relay implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final BufferPool pool;
    private final Room room;
    private final Traffic traffic;
    private final TcpClient target;
    private final DisposableServer server;
    private final LoopResources loops = LoopResources.create("tcp-relay");
    private final Semaphore places;
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private volatile boolean closing;

    /** Listens when it returns. */
    Relay(InetSocketAddress listen, InetSocketAddress to, BufferPool pool, Room room, Traffic traffic) {
        this.pool = pool;
        this.room = room;
        this.traffic = traffic;
        this.places = new Semaphore(room.maxConnections());
        // All reads have one size and come one at a time: so a direction holds no more than its share of the budget.
        RecvByteBufAllocator reads = new FixedRecvByteBufAllocator(room.readBytes()).maxMessagesPerRead(1);
        // By select: epoll reads to the end what a peer has sent before it closed its direction, wanted or not.
        target = NettyBuffers.equip(TcpClient.newConnection(), pool)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) PATIENCE.toMillis())
                .option(ChannelOption.SO_KEEPALIVE, true)
                .runOn(loops, false)
                .remoteAddress(() -> to)
                .doOnChannelInit((observer, channel, remote) -> channel.config().setRecvByteBufAllocator(reads))
                .doOnConnected(EndOfInput::addTo);
        server = NettyBuffers.equip(TcpServer.create(), pool)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .runOn(loops, false)
                .bindAddress(() -> new InetSocketAddress(listen.getHostString(), listen.getPort()))
                .doOnChannelInit((observer, channel, remote) -> channel.config().setRecvByteBufAllocator(reads))
                .doOnConnection(EndOfInput::addTo)
                .handle(this::accept)
                .bindNow(PATIENCE);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.address();
    }

    /** The client's connection is closed when the result ends. */
    private Publisher<Void> accept(NettyInbound inbound, NettyOutbound outbound) {
        Connection client = (Connection) inbound;
        Passage passage =
                new Passage(Address.format((InetSocketAddress) client.channel().remoteAddress()), System.nanoTime());
        if (!places.tryAcquire()) {
            traffic.refuse(passage, "refused: %,d connections are open".formatted(room.maxConnections()));
            return Mono.empty();
        }
        clients.add(client.channel());
        traffic.begin(passage);
        return target.connect()
                .onErrorMap(error -> failed("connecting to the target", error))
                .flatMap(connected -> relay(client, connected, passage))
                .doOnSuccess(nothing -> traffic.end(passage))
                .doOnError(error -> failed(passage, error.getMessage()))
                .doOnCancel(() -> failed(passage, "the client is gone"))
                .doFinally(signal -> places.release())
                .onErrorComplete();
    }

    /** What the relay closes when it ends itself has not failed. */
    private void failed(Passage passage, String why) {
        if (closing) {
            traffic.end(passage);
        } else {
            traffic.fail(passage, why);
        }
    }

    private Mono<Void> relay(Connection client, Connection connected, Passage passage) {
        Mono<Void> toTarget = pass(client, "the client", connected, "the target", passage.toTarget());
        Mono<Void> toClient = pass(connected, "the target", client, "the client", passage.toClient());
        return Mono.when(toTarget, toClient).doFinally(signal -> connected.dispose());
    }

    /** One buffer after the other: the next is asked for when this one has been written. */
    private Mono<Void> pass(Connection from, String source, Connection to, String sink, AtomicLong passed) {
        Flux<ByteBuf> frames = EndOfInput.framesOf(from).onErrorMap(error -> failed("reading from " + source, error));
        return NettyBuffers.receive(frames, pool)
                .consumeMany(buffer -> write(buffer, to, passed), 1)
                .then(EndOfInput.shutDownOutput(to))
                .onErrorMap(error -> error instanceof RelayException ? error : failed("writing to " + sink, error));
    }

    private static Mono<Void> write(PooledBuffer buffer, Connection to, AtomicLong passed) {
        int length = buffer.length();
        return NettyBuffers.send(to.outbound(), Mono.fromSupplier(buffer::retain))
                .then()
                .doOnSuccess(nothing -> passed.addAndGet(length));
    }

    private static RelayException failed(String what, Throwable error) {
        return new RelayException(what + " failed: " + error.getMessage(), error);
    }

    /** Closes all connections. */
    @Override
    public void close() {
        closing = true;
        server.disposeNow(PATIENCE);
        clients.close().awaitUninterruptibly(PATIENCE.toMillis());
        loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
    }

    /** Says which side failed, and at what. */
    private static final class RelayException extends IOException {

        private static final long serialVersionUID = 1;

        RelayException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
