package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.EncoderHttpMessageWriter;
import reactor.core.publisher.Mono;

/**
 * Writes leases as a body of any media type, {@code application/octet-stream} by default.
 *
 * <p>A server, and a client on reactor-netty, release each buffer when it is written: so nothing is copied, and no more than
 * some are out at a time. A decorator of theirs may collect the buffers first, so there the demand alone is the bound. Other
 * clients do not release what they are given, as that of the JDK with Spring 7.0: they get copies on the heap.
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
        return super.write(
                buffers,
                elementType,
                mediaType,
                message,
                PooledBufferWay.of(message).in(hints));
    }
}
