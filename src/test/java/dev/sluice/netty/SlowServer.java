package dev.sluice.netty;

import dev.sluice.BufferPool;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.NettyInbound;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpServer;

/** Takes what many connections send, from each one buffer after the other, and holds each as long as it is told to. */
final class SlowServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Says when a buffer of so many bytes has been used. */
    interface Pace {

        Mono<?> use(int bytes);

        /** So many bytes per second from each connection. */
        static Pace of(int bytesPerSecond) {
            return bytes -> Mono.delay(Duration.ofNanos(1_000_000_000L * bytes / bytesPerSecond));
        }
    }

    /**
     * What came on a connection.
     *
     * @param order how many were accepted before it
     */
    record Taken(int order, AtomicInteger frames, AtomicLong bytes) {

        private void add(int length) {
            frames.incrementAndGet();
            bytes.addAndGet(length);
        }
    }

    private final LoopResources loops = LoopResources.create("slow-server", 2, true);
    private final Queue<Taken> taken = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Disposable.Composite consumers = Disposables.composite();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final DisposableServer server;

    private SlowServer(TcpServer bare, boolean isNative, BiFunction<NettyInbound, Taken, Publisher<?>> consumer) {
        server = bare.host("localhost")
                .port(0)
                .option(ChannelOption.SO_BACKLOG, 1_024)
                .runOn(loops, isNative)
                .doOnConnection(connection -> channels.add(connection.channel()))
                .handle((inbound, outbound) -> {
                    Taken mine = new Taken(accepted.getAndIncrement(), new AtomicInteger(), new AtomicLong());
                    taken.add(mine);
                    return ending(Flux.from(consumer.apply(inbound, mine)).then());
                })
                .bindNow(PATIENCE);
    }

    /** What is returned to reactor-netty is cancelled when the peer has gone, even if some of what it sent is still here. */
    private Mono<Void> ending(Mono<Void> consumer) {
        Sinks.Empty<Void> end = Sinks.empty();
        consumers.add(consumer.doOnError(errors::add)
                .onErrorComplete()
                .doFinally(signal -> ended.incrementAndGet())
                .subscribe(nothing -> {}, end::tryEmitError, end::tryEmitEmpty));
        return end.asMono();
    }

    static SlowServer onPool(BufferPool pool, boolean isNative, Pace pace) {
        return new SlowServer(
                NettyBuffers.equip(TcpServer.create(), pool),
                isNative,
                (inbound, taken) -> NettyBuffers.receive(inbound, pool)
                        .consumeMany(
                                buffer -> pace.use(buffer.length()).doOnSuccess(used -> taken.add(buffer.length())),
                                1));
    }

    static SlowServer onNetty(ByteBufAllocator allocator, boolean isNative, Pace pace) {
        return new SlowServer(
                TcpServer.create().childOption(ChannelOption.ALLOCATOR, allocator),
                isNative,
                (inbound, taken) -> inbound.receive()
                        .retain()
                        .concatMap(buffer -> held(buffer, pace, taken), 1)
                        .doOnDiscard(ByteBuf.class, ByteBuf::release));
    }

    private static Mono<?> held(ByteBuf buffer, Pace pace, Taken taken) {
        int length = buffer.readableBytes();
        return pace.use(length).doOnSuccess(used -> taken.add(length)).doFinally(signal -> buffer.release());
    }

    int port() {
        return server.port();
    }

    int accepted() {
        return accepted.get();
    }

    int ended() {
        return ended.get();
    }

    Collection<Throwable> errors() {
        return errors;
    }

    /** How many connections have taken at least so many buffers. */
    long served(int frames) {
        return taken.stream().filter(one -> one.frames.get() >= frames).count();
    }

    long bytes() {
        return taken.stream().mapToLong(one -> one.bytes.get()).sum();
    }

    List<Taken> connections() {
        return List.copyOf(taken);
    }

    /** Tells connections that stand still from such that were never accepted. */
    String report() {
        return "accepted %,d, ended %,d, errors %s; buffers/bytes in the order of acceptance: %s"
                .formatted(
                        accepted.get(),
                        ended.get(),
                        errors,
                        taken.stream()
                                .map(one -> one.order + ":" + one.frames + "/" + one.bytes)
                                .collect(Collectors.joining(" ")));
    }

    /** Cancels all consumers and closes all connections. */
    @Override
    public void close() {
        consumers.dispose();
        channels.close().awaitUninterruptibly(PATIENCE.toMillis());
        server.disposeNow(PATIENCE);
        loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
    }
}
