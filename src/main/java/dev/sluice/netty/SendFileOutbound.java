package dev.sluice.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.NettyOutbound;

/**
 * An outbound that has sent a file when it completes, what came before included. What is sent by it follows, as {@link
 * NettyOutbound#then(Publisher)} arranges it.
 */
record SendFileOutbound(NettyOutbound before, Mono<Void> sent) implements NettyOutbound {

    @Override
    public Mono<Void> then() {
        return sent;
    }

    @Override
    public ByteBufAllocator alloc() {
        return before.alloc();
    }

    @Override
    public NettyOutbound send(Publisher<? extends ByteBuf> buffers, Predicate<ByteBuf> flushAfter) {
        return then(Mono.defer(() -> connected().send(buffers, flushAfter).then()));
    }

    @Override
    public NettyOutbound sendObject(Publisher<?> messages, Predicate<Object> flushAfter) {
        return then(
                Mono.defer(() -> connected().sendObject(messages, flushAfter).then()));
    }

    @Override
    public NettyOutbound sendObject(Object message) {
        return then(Mono.defer(() -> connected().sendObject(message).then()));
    }

    @Override
    public <S> NettyOutbound sendUsing(
            Callable<? extends S> opened,
            BiFunction<? super Connection, ? super S, ?> message,
            Consumer<? super S> cleanup) {
        return then(
                Mono.defer(() -> connected().sendUsing(opened, message, cleanup).then()));
    }

    /** The outbound of the connection, without what was sent before. */
    private NettyOutbound connected() {
        NettyOutbound[] found = new NettyOutbound[1];
        before.withConnection(connection -> found[0] = connection.outbound());
        return found[0];
    }

    @Override
    public NettyOutbound withConnection(Consumer<? super Connection> whenConnected) {
        before.withConnection(whenConnected);
        return this;
    }
}
