package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.channel.Channel;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.NettyOutbound;
import reactor.netty.NettyPipeline;

/**
 * {@link NettyBuffers#sendFile}: the system copies the file to the socket, or, where bytes are changed on their way, it
 * passes through the pool. Which of the two, is decided when what was sent before has gone out: only then is the pipeline
 * of the channel complete. Files are opened on {@link Schedulers#boundedElastic()}, not on the event loop.
 */
record SendFile(Path path, long offset, long length, BufferPool pool) {

    NettyOutbound on(NettyOutbound outbound) {
        AtomicReference<Connection> connection = new AtomicReference<>();
        outbound.withConnection(connection::set);
        return outbound.then(Mono.defer(() -> sent(connection.get())).subscribeOn(Schedulers.boundedElastic()));
    }

    private Mono<Void> sent(Connection connection) {
        NettyOutbound outbound = connection.outbound();
        if (mustPassThroughMemory(connection.channel())) {
            return NettyBuffers.send(outbound, BufferFlux.read(ByteSources.range(path, offset, length), pool))
                    .then();
        }
        return outbound.sendUsing(() -> FileChannel.open(path), (unused, file) -> regionOf(file), SendFile::close)
                .then();
    }

    /** As reactor-netty decides it: not where bytes are encrypted, framed or compressed, nor for a foreign file system. */
    private boolean mustPassThroughMemory(Channel channel) {
        Channel parent = channel.parent();
        return channel.pipeline().get(SslHandler.class) != null
                || channel.pipeline().get(NettyPipeline.CompressionHandler) != null
                || (parent != null && parent.pipeline().get(NettyPipeline.H2MultiplexHandler) != null)
                || !"file".equals(path.toUri().getScheme());
    }

    /** What the file does not have is not sent. */
    private FileRegion regionOf(FileChannel file) {
        try {
            return new DefaultFileRegion(file, offset, Math.max(0, Math.min(length, file.size() - offset)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(FileChannel file) {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
