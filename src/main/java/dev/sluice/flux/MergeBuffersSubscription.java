package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** One subscription of {@link FluxMergeBuffers}: a queue that several sources fill. */
final class MergeBuffersSubscription extends DrainSubscription<PooledBuffer> {

    /*
     * The thread that has the floor alone subscribes to sources and cancels them.
     *
     * Sources are subscribed to at once, for one that is empty or fails needs no request. From the first request on,
     * each is asked for one buffer, and for the next when that was emitted. First request against onSubscribe: the
     * floor writes `asking`, then asks those that are there; onSubscribe() writes `upstream`, then reads `asking`. So
     * at least one of the two asks, and ask() asks once.
     */

    private final int concurrency;

    /** What the sources see. */
    private final Context context;

    private final Iterable<? extends BufferFlux> sources;
    private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();

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
        super(actual);
        this.concurrency = concurrency;
        this.context = ReservePlace.joining(actual.currentContext(), ReservePools.of(sources));
        this.sources = sources;
    }

    /** Called once the subscriber has its subscription; it may have requested or cancelled by then. */
    void start() {
        started = true;
        drain();
    }

    @Override
    boolean step() {
        // Read before the queue is: what came before the end is then found there.
        inflows.removeIf(Inflow::hasEnded);
        Arrival arrival;
        if (started && inflows.size() < concurrency && hasMoreSources()) {
            subscribeToNext(); // before any is asked, so that they enter the reserve together
        } else if (requested() > 0 && !asking) {
            asking = true;
            inflows.forEach(Inflow::ask);
        } else if (requested() > 0 && (arrival = arrivals.poll()) != null) {
            emit(arrival.buffer);
            arrival.from.ask();
        } else {
            if (started && inflows.isEmpty() && arrivals.isEmpty()) {
                end(null);
            }
            return false;
        }
        return true;
    }

    private boolean hasMoreSources() {
        if (remaining == null) {
            remaining = sources.iterator();
        }
        return remaining.hasNext();
    }

    private void subscribeToNext() {
        BufferFlux next =
                Objects.requireNonNull(Objects.requireNonNull(remaining).next(), "a source is null");
        Inflow inflow = new Inflow();
        inflows.add(inflow);
        next.subscribe(inflow);
    }

    /** The floor cancels the sources, since it alone knows them all. */
    @Override
    void interrupt() {}

    @Override
    void releaseAll() {
        inflows.forEach(inflow -> ForeignCode.quietly(inflow::stop, actual));
        inflows.clear();
        for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            arrival.buffer.release();
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.BUFFERED) {
            return arrivals.size();
        } else if (key == Attr.PREFETCH) {
            return concurrency;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
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
            return context;
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
