package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Fuseable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;

/** Gives any {@code Flux} of buffers the type {@link BufferFlux}; costs nothing per signal. */
class FluxWrap extends BufferFlux implements Scannable {

    private final Flux<PooledBuffer> source;

    FluxWrap(Flux<PooledBuffer> source) {
        this.source = source;
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        source.subscribe(actual);
    }

    @Override
    public int getPrefetch() {
        return source.getPrefetch();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }

    /** For a source whose subscriptions can be fused, which operators below recognise by this type. */
    static final class Fusing extends FluxWrap implements Fuseable {

        Fusing(Flux<PooledBuffer> source) {
            super(source);
        }
    }
}
