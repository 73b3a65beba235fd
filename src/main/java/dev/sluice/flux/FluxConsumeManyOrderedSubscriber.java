package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * One subscription of {@link FluxConsumeManyOrdered}: sequences in the order of their buffers, of which the first is
 * emitted.
 */
final class FluxConsumeManyOrderedSubscriber<T> extends DrainOperator<PooledBuffer, T> {

    /*
     * Upstream is asked for as many buffers as there may be sequences, and for one more as each was emitted to its end.
     * Cancel against onNext from above: a sequence is subscribed to, queued and then drained for; what comes after the
     * end is cancelled there. For what a sequence emits, see FluxConsumeManyOrderedInner.
     */

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<FluxConsumeManyOrderedSubscriber> OPEN =
            AtomicIntegerFieldUpdater.newUpdater(FluxConsumeManyOrderedSubscriber.class, "open");

    private static final int LINK = 16;

    private final Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn;
    private final int concurrency;
    private final ReservePlace nest;
    private final Queue<FluxConsumeManyOrderedInner<T>> sequences =
            Queues.<FluxConsumeManyOrderedInner<T>>unbounded(LINK).get();

    /** How many buffers came whose sequences were not emitted to their ends. */
    private volatile int open;

    private boolean started;
    private @Nullable FluxConsumeManyOrderedInner<T> first;

    FluxConsumeManyOrderedSubscriber(
            CoreSubscriber<? super T> actual,
            Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn,
            int concurrency) {
        super(actual, Errors.AT_ONCE);
        this.nest = ReservePlace.ofNest(actual.currentContext());
        this.fn = fn;
        this.concurrency = concurrency;
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (isDone() || hasEnded()) {
            buffer.release();
            return;
        }
        if (OPEN.incrementAndGet(this) > concurrency) {
            buffer.release();
            overflow("the source emitted more buffers than were requested");
            return;
        }
        FluxConsumeManyOrderedInner<T> sequence = new FluxConsumeManyOrderedInner<>(this, buffer);
        try {
            Flux.<T>from(Objects.requireNonNull(fn.apply(buffer), "the function returned null"))
                    .subscribe(sequence);
        } catch (Throwable e) {
            sequence.cancel();
            failInput(e, buffer);
            return;
        }
        sequences.offer(sequence);
        drain();
    }

    /** The first request starts the source. */
    @Override
    boolean step() {
        if (!started && requested() > 0) {
            started = true;
            ask(concurrency);
            return true;
        }
        // Read before the queue is: what came before the end is then found there.
        boolean last = isDone();
        if (first != null || (first = sequences.poll()) != null) {
            return emitFrom(first);
        } else if (last) {
            end(null);
        }
        return false;
    }

    private boolean emitFrom(FluxConsumeManyOrderedInner<T> sequence) {
        // Read before the results are, too.
        boolean last = sequence.hasEnded();
        if (last && sequence.isEmpty()) {
            first = null;
            OPEN.decrementAndGet(this);
            ask(1);
            return true;
        }
        T result = requested() > 0 ? sequence.poll() : null;
        if (result == null) {
            return false;
        }
        emit(result);
        return true;
    }

    @Override
    public Context currentContext() {
        return nest.in(actual.currentContext());
    }

    /** What a sequence sees that works on a buffer. */
    Context within(PooledBuffer buffer) {
        return nest.within(actual.currentContext(), buffer);
    }

    @Override
    void releaseAll() {
        nest.leave();
        FluxConsumeManyOrderedInner<T> next = first != null ? first : sequences.poll();
        first = null;
        while (next != null) {
            ForeignCode.quietly(next::cancel, actual);
            next = sequences.poll();
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PREFETCH) {
            return concurrency;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
    }
}
