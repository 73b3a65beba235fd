package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.AbstractEncoder;
import org.springframework.core.codec.Hints;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;
import reactor.core.publisher.Flux;

/** Turns leases into data buffers of the factory's kind, without copying where they will be released. */
final class PooledBufferEncoder extends AbstractEncoder<PooledBuffer> {

    private static final int WINDOW = 16;

    /** What happens to the data buffers, as far as that is known. */
    enum Way {
        /** Each is released when it is written. */
        WINDOW,
        /** Each is released in the end. */
        PLAIN,
        /** Nobody releases them. */
        COPY;

        private static final String HINT = Way.class.getName();

        static Way of(ReactiveHttpOutputMessage message) {
            if (message instanceof ServerHttpResponseDecorator || message instanceof ClientHttpRequestDecorator) {
                return isReleased(message) ? PLAIN : COPY;
            }
            return isReleased(message) ? WINDOW : COPY;
        }

        private static boolean isReleased(ReactiveHttpOutputMessage message) {
            return message instanceof ServerHttpResponse || message.bufferFactory() instanceof NettyDataBufferFactory;
        }

        Map<String, Object> in(Map<String, Object> hints) {
            return Hints.merge(hints, HINT, this);
        }

        static Way from(@Nullable Map<String, Object> hints) {
            return hints != null && hints.get(HINT) instanceof Way way ? way : PLAIN;
        }
    }

    PooledBufferEncoder() {
        super(MimeTypeUtils.APPLICATION_OCTET_STREAM, MimeTypeUtils.ALL);
    }

    @Override
    public boolean canEncode(ResolvableType elementType, @Nullable MimeType mimeType) {
        return super.canEncode(elementType, mimeType) && PooledBuffer.class.isAssignableFrom(elementType.toClass());
    }

    @Override
    public Flux<DataBuffer> encode(
            Publisher<? extends PooledBuffer> buffers,
            DataBufferFactory factory,
            ResolvableType elementType,
            @Nullable MimeType mimeType,
            @Nullable Map<String, Object> hints) {
        return switch (Way.from(hints)) {
            case COPY -> BufferFlux.from(Flux.from(buffers)).consume(buffer -> factory.wrap(buffer.toByteArray()));
            case WINDOW -> DataBuffers.toDataBuffers(buffers, factory, WINDOW);
            case PLAIN -> DataBuffers.toDataBuffers(buffers, factory);
        };
    }

    @Override
    public DataBuffer encodeValue(
            PooledBuffer buffer,
            DataBufferFactory factory,
            ResolvableType valueType,
            @Nullable MimeType mimeType,
            @Nullable Map<String, Object> hints) {
        return DataBuffers.toDataBuffer(buffer, factory);
    }
}
