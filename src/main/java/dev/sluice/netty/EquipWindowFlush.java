package dev.sluice.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;

/**
 * Sends what a read of an HTTP/2 stream gives back to the peer: room in its window.
 *
 * <p>Netty 4.2 writes that when a stream is read, and does not flush it if a read was requested before and has not
 * ended. reactor-netty reads so when a frame comes that nobody has asked for, and demand follows; small reads make that
 * likely. The peer then waits for room, and the stream for the peer, for ever.
 */
@Sharable
final class EquipWindowFlush extends ChannelOutboundHandlerAdapter {

    private static final EquipWindowFlush INSTANCE = new EquipWindowFlush();

    private EquipWindowFlush() {}

    static void addTo(Channel stream) {
        ChannelPipeline pipeline = stream.pipeline();
        if (pipeline.get(EquipWindowFlush.class) == null) {
            pipeline.addFirst(INSTANCE);
        }
    }

    /** Where there is nothing to flush, the stream does not pass it on. */
    @Override
    public void read(ChannelHandlerContext context) {
        context.read();
        context.flush();
    }
}
