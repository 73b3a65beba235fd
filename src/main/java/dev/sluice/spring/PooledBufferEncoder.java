package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.AbstractEncoder;
import org.springframework.core.codec.Hints;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Turns leases into data buffers of the factory's kind, without copying. */
final class PooledBufferEncoder extends AbstractEncoder<PooledBuffer> {

    private static final String WINDOW_HINT = PooledBufferEncoder.class.getName() + ".window";
    private static final int WINDOW = 16;

    PooledBufferEncoder() {
        super(MimeTypeUtils.APPLICATION_OCTET_STREAM, MimeTypeUtils.ALL);
    }

    static Map<String, Object> withWindow(Map<String, Object> hints) {
        return Hints.merge(hints, WINDOW_HINT, WINDOW);
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
        return buffers instanceof Mono || hints == null || !hints.containsKey(WINDOW_HINT)
                ? DataBuffers.toDataBuffers(buffers, factory)
                : DataBuffers.toDataBuffers(buffers, factory, WINDOW);
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
