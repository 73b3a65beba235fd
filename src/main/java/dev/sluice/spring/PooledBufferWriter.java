package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.http.codec.EncoderHttpMessageWriter;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.publisher.Mono;

/**
 * Writes leases as a body of any media type, {@code application/octet-stream} by default.
 *
 * <p>Where the message is the server's or client's own, each buffer is released when it is written, so no more than some are
 * out at a time. A decorator may collect them first, so there the demand alone is the bound.
 */
final class PooledBufferWriter extends EncoderHttpMessageWriter<PooledBuffer> {

    PooledBufferWriter() {
        super(new PooledBufferEncoder());
    }

    @Override
    public Mono<Void> write(
            Publisher<? extends PooledBuffer> buffers,
            ResolvableType elementType,
            @Nullable MediaType mediaType,
            ReactiveHttpOutputMessage message,
            Map<String, Object> hints) {
        boolean decorated =
                message instanceof ServerHttpResponseDecorator || message instanceof ClientHttpRequestDecorator;
        return super.write(
                buffers, elementType, mediaType, message, decorated ? hints : PooledBufferEncoder.withWindow(hints));
    }
}
