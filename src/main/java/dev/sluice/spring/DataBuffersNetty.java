package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.netty.NettyBuffers;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

/** What needs Netty's classes: loaded only where they are. */
final class DataBuffersNetty {

    private DataBuffersNetty() {}

    /** The lease keeps the frame, as a decoder may reuse the memory of one that it finds itself alone with. */
    static @Nullable PooledBuffer takeLease(DataBuffer buffer, BufferPool pool) {
        if (!(buffer instanceof NettyDataBuffer netty)) {
            return null;
        }
        PooledBuffer lease = NettyBuffers.leaseOn(netty.getNativeBuffer(), pool).orElse(null);
        if (lease != null) {
            netty.release();
        }
        return lease;
    }

    static DataBuffer wrap(PooledBuffer lease, NettyDataBufferFactory factory) {
        return factory.wrap(NettyBuffers.wrap(lease));
    }
}
