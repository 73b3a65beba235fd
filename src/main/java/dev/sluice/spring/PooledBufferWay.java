package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.codec.Hints;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.publisher.Flux;

/** How leases become the data buffers of a message: that depends on what happens to the data buffers. */
@FunctionalInterface
interface PooledBufferWay {

    /** The data buffers of a message are released when they are written, so few need to be out. */
    int MAX_IN_FLIGHT = 16;

    /** For data buffers that are released each when it is written, unless somebody between collects them first. */
    PooledBufferWay WINDOW = (buffers, factory) ->
            DataBuffers.converted(BufferFlux.from(Flux.from(buffers)).inFlightUnlessCollected(MAX_IN_FLIGHT), factory);

    /** For data buffers that are released in the end. */
    PooledBufferWay PLAIN = DataBuffers::toDataBuffers;

    /** For data buffers that nobody releases. */
    PooledBufferWay COPY = (buffers, factory) ->
            BufferFlux.from(Flux.from(buffers)).consume(buffer -> factory.wrap(buffer.toByteArray()));

    /** Turns leases, which are taken over, into data buffers. */
    Flux<DataBuffer> encode(Publisher<? extends PooledBuffer> buffers, DataBufferFactory factory);

    /** The way for a message. */
    static PooledBufferWay of(ReactiveHttpOutputMessage message) {
        boolean released =
                message instanceof ServerHttpResponse || message.bufferFactory() instanceof NettyDataBufferFactory;
        if (!released) {
            return COPY;
        }
        if (message instanceof ClientHttpRequest request && BodyCollected.is(request)) {
            return (buffers, factory) -> BodyCollected.copy(buffers, factory, request);
        }
        return message instanceof ServerHttpResponseDecorator || message instanceof ClientHttpRequestDecorator
                ? PLAIN
                : WINDOW;
    }

    /** Tells the encoder about this way. */
    default Map<String, Object> in(Map<String, Object> hints) {
        return Hints.merge(hints, PooledBufferWay.class.getName(), this);
    }

    /** The way that the writer told, or {@link #PLAIN}. */
    static PooledBufferWay from(@Nullable Map<String, Object> hints) {
        return hints != null && hints.get(PooledBufferWay.class.getName()) instanceof PooledBufferWay way ? way : PLAIN;
    }
}
