package dev.sluice.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import reactor.core.publisher.Flux;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.websocket.WebsocketInbound;

/**
 * The messages of a WebSocket, none of which is longer than a limit. The limit is looked at where a message comes out:
 * Netty's own count what goes in, a frame, which may be one of many, and which may be compressed.
 */
final class ReceiveMessages {

    /**
     * A frame that was compressed in vain is longer than its message, by this share of it at most, and by a few bytes.
     */
    private static final int DEFLATED_SHARE = 64;

    private static final int DEFLATED_BYTES = 64;

    private ReceiveMessages() {}

    static Flux<ByteBuf> of(WebsocketInbound inbound, Channel channel, int maxBytes) {
        if (channel.eventLoop().inEventLoop()) {
            admit(channel, maxBytes);
        } else {
            channel.eventLoop().execute(() -> admit(channel, maxBytes));
        }
        return inbound.aggregateFrames(maxBytes)
                .receiveFrames()
                .filter(frame -> frame instanceof BinaryWebSocketFrame || frame instanceof TextWebSocketFrame)
                .map(frame -> bounded(frame, maxBytes));
    }

    private static ByteBuf bounded(WebSocketFrame frame, int maxBytes) {
        int length = frame.content().readableBytes();
        if (length > maxBytes) {
            throw new TooLongFrameException(NettyBuffers.message(
                    "a message of %,d bytes is longer than the limit of %,d bytes", length, maxBytes));
        }
        return frame.content();
    }

    /** Lets frames pass that are as long as a message may be: by default, a frame above 64 KiB ends the connection. */
    private static void admit(Channel channel, int maxBytes) {
        ChannelPipeline pipeline = channel.pipeline();
        ChannelHandlerContext decoder = pipeline.context(WebSocket13FrameDecoder.class);
        if (decoder != null && decoder.handler().getClass() == WebSocket13FrameDecoder.class) {
            boolean isClient = ChannelOperations.get(channel) instanceof HttpClientRequest;
            pipeline.replace(
                    decoder.handler(),
                    decoder.name(),
                    new WebSocket13FrameDecoder(WebSocketDecoderConfig.newBuilder()
                            .expectMaskedFrames(!isClient)
                            .allowExtensions(true)
                            .maxFramePayloadLength(frameBytes(maxBytes))
                            .build()));
        }
    }

    private static int frameBytes(int maxBytes) {
        return (int) Math.min(Integer.MAX_VALUE, (long) maxBytes + maxBytes / DEFLATED_SHARE + DEFLATED_BYTES);
    }
}
