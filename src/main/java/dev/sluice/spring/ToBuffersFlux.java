package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;

/** {@link DataBuffers#toBufferFlux}: leases of one pool, the data buffers' own or copies. */
final class ToBuffersFlux extends Flux<PooledBuffer> implements Scannable {

    private final Flux<? extends DataBuffer> source;
    private final String name;
    private final BufferPool pool;
    private final BufferLimits limits;

    ToBuffersFlux(String name, Publisher<? extends DataBuffer> source, BufferPool pool, BufferLimits limits) {
        this.name = name;
        this.source = Flux.from(source).doOnDiscard(DataBuffer.class, DataBufferUtils::release);
        this.pool = Objects.requireNonNull(pool, "pool");
        this.limits = limits;
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
        source.subscribe(new ToBuffersSubscriber(actual, name, pool, limits));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
