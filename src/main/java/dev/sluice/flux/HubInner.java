package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/** One of several subscribers of one {@link Hub}: it has its own demand, and drains what is there for it. */
abstract class HubInner implements Subscription, Scannable {

    /*
     * Whoever raises `wip` from 0 has the floor and drains; whoever finds it above 0 leaves: the drainer goes round
     * again. The plain fields belong to the holder of the floor.
     *
     * Cancel against a buffer that arrives: whoever puts a buffer in drains afterwards, and a drain that finds the
     * branch ended gives back what is there. Cancel against onNext: what onNext has been called with is the
     * subscriber's.
     *
     * A subscriber that throws has left: the others must not pay for it, so the throwable goes to the hook of dropped
     * errors and not to the thread that serves them all.
     */

    private static final AtomicIntegerFieldUpdater<HubInner> WIP =
            AtomicIntegerFieldUpdater.newUpdater(HubInner.class, "wip");
    private static final AtomicLongFieldUpdater<HubInner> WANTED =
            AtomicLongFieldUpdater.newUpdater(HubInner.class, "wanted");

    final CoreSubscriber<? super PooledBuffer> actual;

    private volatile int wip;

    /** How many buffers were requested, ever. */
    private volatile long wanted;

    private volatile boolean cancelled;
    private volatile @Nullable Throwable failure;
    private long emitted;
    private volatile boolean ended;

    HubInner(CoreSubscriber<? super PooledBuffer> actual) {
        this.actual = actual;
    }

    /** Takes the next buffer, as a lease of its own; null if there is none now. */
    abstract @Nullable PooledBuffer poll();

    abstract boolean isEmpty();

    /** Whether the trunk has ended; what came before that is then there to be polled. */
    abstract boolean isLast();

    /** How the trunk ended; null: well. */
    abstract @Nullable Throwable lastError();

    /** Gives back what is there. Called by whoever has the floor, and more than once. */
    abstract void clear();

    /** Tells the trunk that more is wanted. */
    abstract void wantsMore();

    /** Tells the trunk that nothing is wanted any more. Called more than once. */
    abstract void leave();

    final long wanted() {
        return wanted;
    }

    @Override
    public final void request(long n) {
        if (n > 0) {
            Operators.addCap(WANTED, this, n);
            drain();
            wantsMore();
        } else {
            fail(new IllegalArgumentException("rule 3.9: a request must be for at least 1, not %,d".formatted(n)));
        }
    }

    @Override
    public final void cancel() {
        cancelled = true;
        leave();
        drain();
    }

    /** Ends this branch, and no other. */
    final void fail(Throwable error) {
        failure = error;
        leave();
        drain();
    }

    final void drain() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        int missed = 1;
        do {
            if (!ended) {
                advanceOrLeave();
            }
            if (ended) {
                clear();
            }
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    private void advanceOrLeave() {
        try {
            advance();
        } catch (Throwable e) {
            ended = true;
            leave();
            clear();
            Operators.onErrorDropped(e, actual.currentContext());
            Exceptions.throwIfJvmFatal(e);
        }
    }

    private void advance() {
        while (!ended) {
            Throwable error = failure;
            // Read before the buffers are: what came before the end is then found there.
            boolean last = isLast();
            PooledBuffer next = null;
            if (cancelled) {
                ended = true;
            } else if (error != null) {
                end(error);
            } else if (emitted < wanted && (next = poll()) != null) {
                emitted++;
                actual.onNext(next);
            } else if (last && isEmpty()) {
                end(lastError());
            } else {
                return;
            }
        }
    }

    /** Gives everything back, before the last signal. */
    private void end(@Nullable Throwable error) {
        ended = true;
        leave();
        clear();
        if (error == null) {
            actual.onComplete();
        } else {
            actual.onError(error);
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
            return failure;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return wanted == Long.MAX_VALUE ? Long.MAX_VALUE : wanted - emitted;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
