package dev.sluice.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Makes an error of a request's body that breaks: a chunk without a size, a trailer that is none.
 *
 * <p>Netty's decoder marks the last content of such a body as failed. reactor-netty's {@code HttpTrafficHandler} then
 * answers 400 and <em>completes</em> the body, so that what reads it takes a piece for the whole.
 *
 * <pre>{@code
 *      HttpCodec  --last content, failed-->  this  ---->  HttpTrafficHandler  ---->  AfterTraffic  ---->  body
 *                 <--------- 400 ----------        <----
 * }</pre>
 *
 * The body's error has to come after reactor-netty has decided to answer 400, because whatever the error does below
 * would be answered 500; and before it completes the body, which it does when the answer is written. Between the two,
 * the answer passes here. A request that waits behind another one is not answered by the {@code HttpTrafficHandler}:
 * what was marked is passed on when its turn has come, and {@link AfterTraffic} makes the error of it. The answer that
 * follows from that is a 500, and becomes a 400 here.
 */
final class EquipBrokenBody extends ChannelDuplexHandler {

    /** What the body that is being decoded has brought so far, in bytes. */
    private long length;

    /** How the body broke; null before that, and after it was told. */
    private @Nullable CorruptedFrameException broken;

    /** Whether the error was told before there was an answer. */
    private boolean answersFault;

    private EquipBrokenBody() {}

    /** Adds the handlers to a channel that serves HTTP/1.1 requests; does nothing to any other. */
    static void addTo(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.context(NettyPipeline.HttpTrafficHandler) != null && pipeline.get(EquipBrokenBody.class) == null) {
            EquipBrokenBody before = new EquipBrokenBody();
            pipeline.addBefore(NettyPipeline.HttpTrafficHandler, null, before);
            pipeline.addAfter(NettyPipeline.HttpTrafficHandler, null, before.new AfterTraffic());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpMessage) {
            length = 0;
        }
        if (message instanceof HttpContent content) {
            length += content.content().readableBytes();
        }
        if (message instanceof LastHttpContent last && last.decoderResult().isFailure()) {
            broken = errorOf(last.decoderResult().cause());
            last.setDecoderResult(DecoderResult.failure(broken));
        }
        context.fireChannelRead(message);
        broken = null; // nothing was written at once: the request waits, or nobody reads its body any more
    }

    /** Has no cause, because reactor-netty would make the status of it: a chunk's long line is no long URI. */
    private CorruptedFrameException errorOf(Throwable cause) {
        CorruptedFrameException error = new CorruptedFrameException(
                NettyBuffers.message("the body of the request is broken after %,d bytes: %s", length, cause));
        error.addSuppressed(cause);
        return error;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        CorruptedFrameException error = broken;
        if (error != null) {
            broken = null;
            context.fireExceptionCaught(error);
        }
        if (answersFault && message instanceof HttpResponse response) {
            answersFault = false;
            if (response.status().equals(HttpResponseStatus.INTERNAL_SERVER_ERROR)) {
                response.setStatus(HttpResponseStatus.BAD_REQUEST);
            }
        }
        var unused = context.write(message, promise);
    }

    /** Stands behind the {@code HttpTrafficHandler}, which lets pass what was marked as failed while it had to wait. */
    private final class AfterTraffic extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof LastHttpContent last && last.decoderResult().isFailure()) {
                answersFault = true;
                Throwable error = last.decoderResult().cause();
                ReferenceCountUtil.release(message);
                context.fireExceptionCaught(error);
            } else {
                context.fireChannelRead(message);
            }
        }
    }
}
