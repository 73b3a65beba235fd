package dev.sluice.netty;

import io.netty.channel.Channel;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/** Gives the streams of an HTTP/2 connection the connection's allocator: options reach the connection alone. */
record EquipStreams(BufferPoolAllocator allocator) implements ConnectionObserver {

    @Override
    public void onStateChange(Connection connection, State newState) {
        Channel parent = connection.channel().parent();
        if (parent != null
                && parent.config().getAllocator() == allocator
                && connection.channel().config().getAllocator() != allocator) {
            connection.channel().config().setAllocator(allocator);
            EquipWindowFlush.addTo(connection.channel());
        }
    }
}
