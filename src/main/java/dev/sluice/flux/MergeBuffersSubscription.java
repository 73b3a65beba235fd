package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** One subscription of {@link FluxMergeBuffers}: a queue that several sources fill. */
final class MergeBuffersSubscription implements Subscription, Scannable {

    /*
     * Whoever raises `wip` from 0 has the floor and drains; whoever finds it above 0 leaves: the drainer goes round
     * again. The plain fields belong to the holder of the floor, who alone subscribes to sources and cancels them.
     *
     * Sources are subscribed to at once, for one that is empty or fails needs no request. From the first request on, each
     * is asked for one buffer, and for the next when that was emitted. First request against onSubscribe: whoever has the
     * floor writes `asking`, then asks those that are there; onSubscribe() writes `upstream`, then reads `asking`. Cancel against onNext: a buffer is
     * queued and then drained for; a drain that finds `ended` empties the queue.
     */

    private static final AtomicIntegerFieldUpdater<MergeBuffersSubscription> WIP =
            AtomicIntegerFieldUpdater.newUpdater(MergeBuffersSubscription.class, "wip");
    private static final AtomicLongFieldUpdater<MergeBuffersSubscription> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(MergeBuffersSubscription.class, "requested");

    private final CoreSubscriber<? super PooledBuffer> actual;
    private final int concurrency;
    private final Iterable<? extends BufferFlux> sources;
    private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    private volatile int wip;
    private volatile long requested;
    private volatile boolean cancelled;
    private volatile boolean ended;

    private volatile boolean started;

    /** Somebody has requested something. */
    private volatile boolean asking;

    private final List<Inflow> inflows = new ArrayList<>();

    /** Null until {@link #start()}. */
    private @Nullable Iterator<? extends BufferFlux> remaining;

    /** A buffer, and where the next one comes from. */
    private record Arrival(Inflow from, PooledBuffer buffer) {}

    MergeBuffersSubscription(
            CoreSubscriber<? super PooledBuffer> actual, int concurrency, Iterable<? extends BufferFlux> sources) {
        this.actual = actual;
        this.concurrency = concurrency;
        this.sources = sources;
    }

    /** Called once the subscriber has its subscription; it may have requested or cancelled by then. */
    void start() {
        started = true;
        drain();
    }

    @Override
    public void request(long n) {
        if (n > 0) {
            Operators.addCap(REQUESTED, this, n);
            drain();
        } else {
            fail(new IllegalArgumentException("rule 3.9: a request must be for at least 1, not %,d".formatted(n)));
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        drain();
    }

    private void fail(Throwable error) {
        if (ended || !failure.compareAndSet(null, error)) {
            Operators.onErrorDropped(error, actual.currentContext());
        }
        drain();
    }

    private void drain() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        int missed = 1;
        do {
            advanceOrEnd();
            if (ended) {
                releaseAll();
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
            inflows.removeIf(Inflow::hasEnded);
            Arrival arrival;
            if (cancelled) {
                ended = true;
            } else if (error != null) {
                end();
                actual.onError(error);
            } else if (requested > 0 && !asking) {
                asking = true;
                inflows.forEach(Inflow::ask);
            } else if (requested > 0 && (arrival = arrivals.poll()) != null) {
                Operators.produced(REQUESTED, this, 1);
                actual.onNext(arrival.buffer);
                arrival.from.ask();
            } else if (started && inflows.size() < concurrency && hasMoreSources()) {
                subscribeToNext();
            } else if (started && inflows.isEmpty() && arrivals.isEmpty()) {
                end();
                actual.onComplete();
            } else {
                more = false;
            }
        }
    }

    private boolean hasMoreSources() {
        try {
            if (remaining == null) {
                remaining = sources.iterator();
            }
            return remaining.hasNext();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
            return true; // the next step finds the failure
        }
    }

    private void subscribeToNext() {
        Iterator<? extends BufferFlux> from = remaining;
        if (failure.get() != null || from == null) {
            return;
        }
        BufferFlux next;
        try {
            next = Objects.requireNonNull(from.next(), "a source is null");
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
            return;
        }
        Inflow inflow = new Inflow();
        inflows.add(inflow);
        next.subscribe(inflow);
    }

    /** Gives everything back, before the last signal. */
    private void end() {
        ended = true;
        releaseAll();
    }

    private void releaseAll() {
        inflows.forEach(Inflow::stop);
        inflows.clear();
        for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            arrival.buffer.release();
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.ACTUAL) {
            return actual;
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return ended && !cancelled;
        } else if (key == Attr.ERROR) {
            return failure.get();
        } else if (key == Attr.BUFFERED) {
            return arrivals.size();
        } else if (key == Attr.PREFETCH) {
            return concurrency;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }

    /** One source that is subscribed to. */
    private final class Inflow implements CoreSubscriber<PooledBuffer>, Scannable {

        private static final int IDLE = 0;
        private static final int ASKED = 1;
        private static final int ENDED = 2;

        private final AtomicReference<@Nullable Subscription> upstream = new AtomicReference<>();
        private final AtomicInteger state = new AtomicInteger(IDLE);

        @Override
        public void onSubscribe(Subscription subscription) {
            if (!upstream.compareAndSet(null, subscription)) {
                subscription.cancel();
                return;
            }
            if (asking) {
                ask();
            }
        }

        void ask() {
            Subscription now = upstream.get();
            if (now != null && state.compareAndSet(IDLE, ASKED)) {
                now.request(1);
            }
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            if (state.compareAndSet(ASKED, IDLE)) {
                arrivals.offer(new Arrival(this, buffer));
                drain();
                return;
            }
            buffer.release();
            if (!hasEnded()) {
                fail(Exceptions.failWithOverflow("a source emitted more buffers than were requested"));
            }
        }

        @Override
        public void onError(Throwable error) {
            if (state.getAndSet(ENDED) == ENDED) {
                Operators.onErrorDropped(error, currentContext());
                return;
            }
            fail(error);
        }

        @Override
        public void onComplete() {
            state.set(ENDED);
            drain();
        }

        boolean hasEnded() {
            return state.get() == ENDED;
        }

        void stop() {
            Subscription now = upstream.getAndSet(Operators.emptySubscription());
            if (now != null) {
                now.cancel();
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
                return upstream.get();
            } else if (key == Attr.ACTUAL) {
                return MergeBuffersSubscription.this;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
        }
    }
}
