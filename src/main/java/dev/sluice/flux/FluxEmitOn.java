package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.scheduler.Scheduler;

/**
 * {@link BufferFlux#emitOn}: what {@code publishOn} does, without losing what is queued.
 *
 * <p>Reactor's operator disposes of its worker when it is cancelled; a drain that was scheduled then never runs, and
 * nobody discards the queue. Measured with {@link BufferFlux#read} and cancellation after a few buffers, it left 5 to
 * 18 blocks in flight per 100 subscriptions.
 */
final class FluxEmitOn extends BufferFlux implements Scannable {

    private final BufferFlux source;
    final Scheduler scheduler;
    final int prefetch;

    FluxEmitOn(BufferFlux source, Scheduler scheduler, int prefetch) {
        this.source = source;
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        this.prefetch = prefetch;
        if (prefetch < 1) {
            throw new IllegalArgumentException(Messages.message("prefetch must be at least 1, not %,d", prefetch));
        }
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        source.subscribe(new EmitOnSubscriber(this, actual));
    }

    @Override
    public int getPrefetch() {
        return prefetch;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        } else if (key == Attr.RUN_ON) {
            return scheduler;
        } else if (key == Attr.PREFETCH) {
            return prefetch;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
