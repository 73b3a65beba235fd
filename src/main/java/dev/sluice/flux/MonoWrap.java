package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** Gives what an assembly hook made of a {@link BufferMono} that type again; costs nothing per signal. */
final class MonoWrap extends BufferMono implements Scannable {

    private final Mono<PooledBuffer> source;

    MonoWrap(Mono<PooledBuffer> source) {
        this.source = source;
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
        source.subscribe(actual);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
