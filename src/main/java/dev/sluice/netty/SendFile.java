package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.NettyOutbound;
import reactor.netty.NettyPipeline;

/**
 * {@link NettyBuffers#sendFile}: the system copies the file to the socket, or, where bytes are changed on their way or
 * the file is none that the system can copy, it passes through the pool.
 *
 * <pre>{@code
 *   subscribed -> open the file, look at it -> what was sent before, the head -> pipeline complete -> region or buffers
 *                 sluice-files
 * }</pre>
 *
 * The file is opened first, so that a missing one is an error while the answer can still say so. What the pipeline of
 * the channel changes is asked last, because only then is it complete.
 */
record SendFile(Path path, long offset, long length, BufferPool pool) {

    NettyOutbound on(NettyOutbound outbound) {
        AtomicReference<Connection> connection = new AtomicReference<>();
        outbound.withConnection(connection::set);
        if (SendCollected.isWhole(connection.get().channel())) {
            return NettyBuffers.send(outbound, throughMemory()); // reactor-netty says how long it is when it has all
        }
        return new SendFileOutbound(
                outbound,
                Mono.using(
                        () -> new SendFileLook(path),
                        look -> Mono.fromRunnable(look::open)
                                .subscribeOn(ByteSources.scheduler())
                                .then(Mono.defer(() -> outbound.then(Mono.defer(() -> sent(connection.get(), look)))
                                        .then())),
                        SendFileLook::close));
    }

    private Mono<Void> sent(Connection connection, SendFileLook look) {
        NettyOutbound outbound = connection.outbound();
        FileChannel file = look.file();
        if (file == null || mustPassThroughMemory(connection.channel())) {
            return NettyBuffers.send(outbound, throughMemory()).then();
        }
        long bytes = Math.max(0, Math.min(length, look.size() - offset));
        return outbound.sendUsing(
                        () -> file,
                        (unused, opened) -> new SendFileRegion(opened, offset, bytes),
                        opened -> look.close())
                .then();
    }

    private BufferFlux throughMemory() {
        return offset == 0 && length == Long.MAX_VALUE
                ? BufferFlux.read(path, pool)
                : BufferFlux.read(ByteSources.range(path, offset, length), pool);
    }

    /** As reactor-netty decides it: not where bytes are encrypted, framed or compressed. */
    private static boolean mustPassThroughMemory(Channel channel) {
        Channel parent = channel.parent();
        return channel.pipeline().get(SslHandler.class) != null
                || channel.pipeline().get(NettyPipeline.CompressionHandler) != null
                || (parent != null && parent.pipeline().get(NettyPipeline.H2MultiplexHandler) != null);
    }
}
