package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;

/**
 * {@link BufferFlux#mergeBuffers}: what {@code merge} does, with one buffer of each source at most.
 *
 * <p>Reactor's operator empties its queues by two threads at once when it is cancelled, though they are made for one.
 */
final class FluxMergeBuffers extends BufferFlux implements Scannable {

    private final int concurrency;
    final Iterable<? extends BufferFlux> sources;

    FluxMergeBuffers(Iterable<? extends BufferFlux> sources, int concurrency) {
        this.concurrency = concurrency;
        this.sources = Objects.requireNonNull(sources, "sources");
        Arguments.atLeast(1, concurrency, "the concurrency");
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        MergeBuffersSubscription subscription = new MergeBuffersSubscription(actual, concurrency, sources);
        actual.onSubscribe(subscription);
        subscription.start();
    }

    @Override
    public int getPrefetch() {
        return concurrency;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PREFETCH) {
            return concurrency;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
