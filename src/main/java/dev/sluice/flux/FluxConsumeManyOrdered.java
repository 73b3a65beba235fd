package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.FluxOperator;

/**
 * {@link BufferFlux#consumeManyOrdered}: what {@code flatMapSequential} does, but releases the buffers.
 *
 * <p>Reactor's operator, when an error ends it, forgets a sequence that is subscribed to at that moment; nobody cancels
 * it then, and its buffer would be held for as long as it likes. It also drops what waits in its queues.
 */
final class FluxConsumeManyOrdered<T> extends FluxOperator<PooledBuffer, T> {

    private final Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn;
    private final int concurrency;

    FluxConsumeManyOrdered(
            BufferFlux source, Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn, int concurrency) {
        super(source);
        this.fn = Objects.requireNonNull(fn, "fn");
        this.concurrency = concurrency;
        Arguments.atLeast(1, concurrency, "the concurrency");
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        ThreadLocals.restored(source).subscribe(new FluxConsumeManyOrderedSubscriber<T>(actual, fn, concurrency));
    }

    @Override
    public int getPrefetch() {
        return concurrency;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
    }
}
