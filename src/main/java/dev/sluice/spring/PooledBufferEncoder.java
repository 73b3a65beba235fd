package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.AbstractEncoder;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;
import reactor.core.publisher.Flux;

/** Turns leases into data buffers of the factory's kind, without copying where they will be released. */
final class PooledBufferEncoder extends AbstractEncoder<PooledBuffer> {

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
        return PooledBufferWay.from(hints).encode(buffers, factory);
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
