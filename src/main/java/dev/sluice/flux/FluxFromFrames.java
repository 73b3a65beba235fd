package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;

/** {@link BufferFlux#fromFrames}: what publishes the frames, and where their bytes are wanted. */
final class FluxFromFrames<F> extends BufferFlux implements Scannable {

    private final String name;
    private final Publisher<? extends F> source;
    final FrameAccess<F> access;
    final BufferPool pool;
    final Executor afterWait;

    FluxFromFrames(
            String name, Publisher<? extends F> source, FrameAccess<F> access, BufferPool pool, Executor afterWait) {
        this.name = Objects.requireNonNull(name, "name");
        this.source = Objects.requireNonNull(source, "frames");
        this.access = Objects.requireNonNull(access, "access");
        this.pool = Objects.requireNonNull(pool, "pool");
        this.afterWait = Objects.requireNonNull(afterWait, "afterWait");
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        Publisher<? extends F> frames = ThreadLocals.areRestored() ? ThreadLocals.restored(Flux.from(source)) : source;
        frames.subscribe(new FromFramesSubscriber<F>(this, actual));
    }

    @Override
    public int getPrefetch() {
        return 1;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        } else if (key == Attr.PREFETCH) {
            return 1;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }

    /** Names the source in reports of lost leases. */
    @Override
    public String toString() {
        return name;
    }
}
