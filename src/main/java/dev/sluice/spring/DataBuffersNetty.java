package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.netty.NettyBuffers;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.netty.Connection;

/** What needs Netty's classes: loaded only where they are. */
final class DataBuffersNetty {

    private DataBuffersNetty() {}

    /** The lease keeps the frame, as a decoder may reuse the memory of one that it finds itself alone with. */
    static @Nullable PooledBuffer takeLease(DataBuffer buffer, BufferPool pool) {
        if (!(buffer instanceof NettyDataBuffer netty)) {
            return null;
        }
        PooledBuffer lease = NettyBuffers.share(netty.getNativeBuffer(), pool).orElse(null);
        if (lease != null) {
            netty.release();
        }
        return lease;
    }

    static DataBuffer wrap(PooledBuffer lease, NettyDataBufferFactory factory) {
        return factory.wrap(NettyBuffers.wrap(lease));
    }

    /**
     * Tells when the connection of a request is closed.
     *
     * @param request reactor-netty's; nothing is told of another one
     * @param whenClosed run once, on the event loop, or at once if the connection is closed already
     * @return forgets it
     */
    static Disposable whenClosed(Object request, Runnable whenClosed) {
        if (!(request instanceof Connection connection)) {
            return Disposables.disposed();
        }
        ChannelFuture future = connection.channel().closeFuture();
        ChannelFutureListener listener = closed -> whenClosed.run();
        future.addListener(listener);
        return () -> future.removeListener(listener);
    }
}
