package dev.sluice.netty;

import io.netty.channel.Channel;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/**
 * Completes what options do not reach, when a connection or a stream is ready: the streams of an HTTP/2 connection get
 * the connection's allocator, and requests an error if their body breaks.
 */
record EquipObserver(BufferPoolAllocator allocator) implements ConnectionObserver {

    @Override
    public void onStateChange(Connection connection, State newState) {
        Channel channel = connection.channel();
        Channel parent = channel.parent();
        if (parent != null
                && parent.config().getAllocator() == allocator
                && channel.config().getAllocator() != allocator) {
            channel.config().setAllocator(allocator);
            EquipWindowFlush.addTo(channel);
        }
        if (newState == State.CONFIGURED) {
            EquipBrokenBody.addTo(channel);
        }
    }
}
