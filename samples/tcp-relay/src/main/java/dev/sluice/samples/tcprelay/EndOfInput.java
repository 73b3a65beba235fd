package dev.sluice.samples.tcprelay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.FutureMono;

/**
 * Lets a connection be closed in one direction while the other goes on.
 *
 * <p>With {@link ChannelOption#ALLOW_HALF_CLOSURE}, Netty tells of the end of the input by an event, which reactor-netty
 * does not pass on. So a mark goes the way of the bytes, behind the last of them.
 */
final class EndOfInput extends ChannelInboundHandlerAdapter {

    private static final Object MARK = new Object();

    /** Makes a connection fit for {@link #framesOf} and {@link #shutDownOutput}. */
    static void addTo(Connection connection) {
        connection.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        connection.addHandlerLast(new EndOfInput());
    }

    /** What comes in, up to the end of the input. */
    static Flux<ByteBuf> framesOf(Connection connection) {
        return connection
                .inbound()
                .receiveObject()
                .takeWhile(received -> received != MARK)
                .cast(ByteBuf.class);
    }

    /** Tells the peer that nothing more will come. */
    static Mono<Void> shutDownOutput(Connection connection) {
        return FutureMono.deferFuture(() -> ((DuplexChannel) connection.channel()).shutdownOutput());
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            context.fireChannelRead(MARK);
        }
        context.fireUserEventTriggered(event);
    }
}
