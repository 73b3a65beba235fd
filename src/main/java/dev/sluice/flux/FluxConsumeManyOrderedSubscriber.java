package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/** One subscription of {@link FluxConsumeManyOrdered}: sequences in the order of their buffers, of which the first is emitted. */
final class FluxConsumeManyOrderedSubscriber<T> implements CoreSubscriber<PooledBuffer>, Subscription, Scannable {

    /*
     * Whoever raises `wip` from 0 has the floor and drains; whoever finds it above 0 leaves: the drainer goes round
     * again. The plain fields belong to the holder of the floor.
     *
     * Upstream is asked for as many buffers as there may be sequences, and for one more as each was emitted to its end.
     * Cancel against onNext from above: a sequence is subscribed to, queued and then drained for; a drain that finds
     * `ended` cancels what is queued. For what a sequence emits, see FluxConsumeManyOrderedInner.
     */

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<FluxConsumeManyOrderedSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(FluxConsumeManyOrderedSubscriber.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<FluxConsumeManyOrderedSubscriber> STARTED =
            AtomicIntegerFieldUpdater.newUpdater(FluxConsumeManyOrderedSubscriber.class, "started");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<FluxConsumeManyOrderedSubscriber> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(FluxConsumeManyOrderedSubscriber.class, "requested");

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<FluxConsumeManyOrderedSubscriber> OPEN =
            AtomicIntegerFieldUpdater.newUpdater(FluxConsumeManyOrderedSubscriber.class, "open");

    private static final int LINK = 16;

    private final CoreSubscriber<? super T> actual;
    private final Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn;
    private final int concurrency;
    private final Queue<FluxConsumeManyOrderedInner<T>> sequences =
            Queues.<FluxConsumeManyOrderedInner<T>>unbounded(LINK).get();

    /** What went wrong first: of the source, of the function, of a sequence. */
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;
    private volatile int started;
    private volatile long requested;

    /** How many buffers came whose sequences were not emitted to their ends. */
    private volatile int open;

    private volatile boolean cancelled;
    private volatile boolean done;
    private @Nullable FluxConsumeManyOrderedInner<T> first;
    private volatile boolean ended;

    FluxConsumeManyOrderedSubscriber(
            CoreSubscriber<? super T> actual,
            Function<? super PooledBuffer, ? extends Publisher<? extends T>> fn,
            int concurrency) {
        this.actual = actual;
        this.fn = fn;
        this.concurrency = concurrency;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        if (Operators.validate(upstream, subscription)) {
            upstream = subscription;
            actual.onSubscribe(this);
        }
    }

    /** The first request starts the source. */
    @Override
    public void request(long n) {
        if (n < 1) {
            fail(new IllegalArgumentException("rule 3.9: a request must be for at least 1, not %,d".formatted(n)));
            return;
        }
        Operators.addCap(REQUESTED, this, n);
        if (started == 0 && STARTED.compareAndSet(this, 0, 1)) {
            upstream.request(concurrency);
        }
        drain();
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (done || ended) {
            buffer.release();
            return;
        }
        if (OPEN.incrementAndGet(this) > concurrency) {
            buffer.release();
            done = true;
            fail(Operators.onOperatorError(
                    upstream,
                    Exceptions.failWithOverflow("the source emitted more buffers than were requested"),
                    currentContext()));
            return;
        }
        Publisher<? extends T> work;
        try {
            work = Objects.requireNonNull(fn.apply(buffer), "the function returned null");
        } catch (Throwable e) {
            buffer.release();
            done = true;
            fail(Operators.onOperatorError(upstream, e, buffer, currentContext()));
            return;
        }
        FluxConsumeManyOrderedInner<T> sequence = new FluxConsumeManyOrderedInner<>(this, buffer);
        Flux.<T>from(work).subscribe(sequence);
        sequences.offer(sequence);
        drain();
    }

    @Override
    public void onError(Throwable error) {
        if (done) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        done = true;
        fail(error);
    }

    @Override
    public void onComplete() {
        done = true;
        drain();
    }

    @Override
    public void cancel() {
        cancelled = true;
        upstream.cancel();
        drain();
    }

    /** Ends the sequence, at once: what waits its turn is dropped. */
    void fail(Throwable error) {
        if (ended || !failure.compareAndSet(null, error)) {
            Operators.onErrorDropped(error, currentContext());
        }
        drain();
    }

    void drain() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        int missed = 1;
        do {
            advanceOrEnd();
            if (ended) {
                cancelAll();
            }
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    /** Where a subscriber throws, gives everything back before the throwable goes on its way. */
    private void advanceOrEnd() {
        boolean returned = false;
        try {
            advance();
            returned = true;
        } finally {
            if (!returned) {
                ended = true;
                upstream.cancel();
                wip = 0;
                drain();
            }
        }
    }

    private void advance() {
        boolean more = true;
        while (more && !ended) {
            Throwable error = failure.get();
            // Read before the queue is: what came before the end is then found there.
            boolean last = done;
            if (cancelled) {
                ended = true;
            } else if (error != null) {
                end();
                upstream.cancel();
                actual.onError(error);
            } else if (first != null || (first = sequences.poll()) != null) {
                more = emitFrom(first);
            } else if (last) {
                ended = true;
                actual.onComplete();
            } else {
                more = false;
            }
        }
    }

    private boolean emitFrom(FluxConsumeManyOrderedInner<T> sequence) {
        // Read before the results are, too.
        boolean last = sequence.hasEnded();
        if (last && sequence.isEmpty()) {
            first = null;
            OPEN.decrementAndGet(this);
            upstream.request(1);
            return true;
        }
        T result = requested > 0 ? sequence.poll() : null;
        if (result == null) {
            return false;
        }
        Operators.produced(REQUESTED, this, 1);
        actual.onNext(result);
        return true;
    }

    private void end() {
        ended = true;
        cancelAll();
    }

    private void cancelAll() {
        FluxConsumeManyOrderedInner<T> next = first != null ? first : sequences.poll();
        first = null;
        while (next != null) {
            next.cancel();
            next = sequences.poll();
        }
    }

    @Override
    public Context currentContext() {
        return actual.currentContext();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return upstream;
        } else if (key == Attr.ACTUAL) {
            return actual;
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return ended && !cancelled;
        } else if (key == Attr.ERROR) {
            return failure.get();
        } else if (key == Attr.PREFETCH) {
            return concurrency;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
