package dev.sluice.flux;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/**
 * The loop: a subscription whose signals come from several threads and are served by one thread at a time, which makes
 * one {@link #step()} after the other.
 *
 * <p>A subclass says what a step is, how to {@linkplain #interrupt() stop} what is waited for, and how to {@linkplain
 * #releaseAll() give back} what is held. Demand, cancellation, failure and the end are looked after here.
 *
 * @param <O> what is emitted
 */
abstract class DrainSubscription<O> implements Subscription, Scannable {

    /*
     * The floor. A thread that has something to say writes it down, then raises `wip`. The thread that raises `wip`
     * from 0 has the floor and serves; a thread that finds `wip` above 0 leaves, because the one that has the floor
     * goes round again. The plain fields, here and in subclasses, belong to the thread that has the floor; `wip`
     * publishes them from one such thread to the next.
     *
     *   running --> ended        `ended` is written on the floor, before the last signal and before all is given back
     *
     * Who wins, and what the loser gets:
     *
     *   cancel against onNext     what comes after the end raises `wip` like anything else; that round finds `ended`
     *   and
     *                             gives it back. What onNext has been called with is the subscriber's
     *   cancel against the end    a cancellation that the floor sees before the end leaves no signal; a later one does
     *                             nothing
     *   failure against failure   the first is signalled, the others go to the hook of dropped errors
     *   failure against cancel    the cancellation wins, the failure goes to the hook of dropped errors
     *   failure against the end   likewise, the end wins
     *
     * A subscriber that throws from a signal gets no other: all is given back, then the throwable goes on its way.
     */

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<DrainSubscription> WIP =
            AtomicIntegerFieldUpdater.newUpdater(DrainSubscription.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<DrainSubscription> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(DrainSubscription.class, "requested");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<DrainSubscription, @Nullable Throwable> FAILURE =
            AtomicReferenceFieldUpdater.newUpdater(DrainSubscription.class, Throwable.class, "failure");

    final CoreSubscriber<? super O> actual;

    private volatile int wip;

    /** Requested and not emitted. */
    private volatile long requested;

    private volatile boolean cancelled;

    /** What went wrong first; null: nothing. */
    private volatile @Nullable Throwable failure;

    private volatile boolean ended;

    /** The thread that has the floor, for itself: what another thread reads here is never its own name. */
    private @Nullable Thread serving;

    /** Whether `failure` was signalled or dropped. */
    private boolean failureTold;

    /** Whether the subscriber is being called, so that what is thrown is the subscriber's. */
    private boolean signalling;

    DrainSubscription(CoreSubscriber<? super O> actual) {
        this.actual = actual;
    }

    /**
     * Makes one step: emits a result, or moves towards one. Called on the floor, and not after the end. What it throws,
     * but for what a subscriber throws from {@link #emit}, ends the sequence.
     *
     * @return whether to go on; false if nothing can be done before another signal comes
     */
    abstract boolean step() throws Exception;

    /** Stops whatever is waited for or still to come. Called by any thread, and more than once. */
    abstract void interrupt();

    /** Gives back all that is held. Called on the floor, before the last signal, and again for what comes after it. */
    abstract void releaseAll();

    /** Whether other subscribers are served by the same threads: then what this one throws is dropped. */
    boolean isShared() {
        return false;
    }

    @Override
    public void request(long n) {
        if (n > 0) {
            Operators.addCap(REQUESTED, this, n);
            drain();
        } else if (!ended && !cancelled) {
            fail(ForeignCode.badRequest(n));
        }
    }

    @Override
    public final void cancel() {
        if (!cancelled && !ended) {
            cancelled = true;
            ForeignCode.quietly(this::interrupt, actual);
            drain();
        }
    }

    /** Ends the sequence with an error, at once: what waits is dropped. From any thread. */
    final void fail(Throwable error) {
        if (ended || !FAILURE.compareAndSet(this, null, error)) {
            Operators.onErrorDropped(error, actual.currentContext());
        } else {
            ForeignCode.quietly(this::interrupt, actual);
        }
        drain();
    }

    final long requested() {
        return requested;
    }

    final boolean hasEnded() {
        return ended;
    }

    final boolean isCancelled() {
        return cancelled;
    }

    /** Whether it was cancelled or has failed: the thread that did so drains afterwards. */
    final boolean isStopped() {
        return cancelled || failure != null;
    }

    /** Whether the calling thread has the floor. */
    final boolean isServing() {
        return serving == Thread.currentThread();
    }

    final void drain() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        if (ThreadLocals.areRestored()) {
            ThreadLocals.in(actual, this::serveAll);
        } else {
            serveAll();
        }
    }

    private void serveAll() {
        int missed = 1;
        do {
            serving = Thread.currentThread();
            serve();
            serving = null;
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    private void serve() {
        try {
            boolean more = true;
            while (more && !ended) {
                more = advance();
            }
        } catch (Throwable e) {
            // A subscriber threw, or the JVM is in trouble.
            threw(e);
            return;
        }
        if (ended) {
            clear();
        }
    }

    private boolean advance() {
        Throwable error = failure;
        if (cancelled) {
            ended = true;
            return false;
        } else if (error != null) {
            failureTold = true;
            end(error);
            return false;
        }
        try {
            return step();
        } catch (Throwable e) {
            if (signalling) {
                throw ForeignCode.sneaky(e);
            }
            stepFailed(e);
            return true;
        }
    }

    /** The next round finds the failure. What the JVM cannot go on from is thrown when the subscriber knows. */
    private void stepFailed(Throwable thrown) {
        Throwable error = ForeignCode.failed(thrown, null, null, actual.currentContext());
        if (FAILURE.compareAndSet(this, null, error)) {
            ForeignCode.quietly(this::interrupt, actual);
        } else {
            Operators.onErrorDropped(error, actual.currentContext());
        }
        if (Exceptions.isJvmFatal(thrown)) {
            advance();
            throw ForeignCode.sneaky(thrown);
        }
    }

    /** Emits what was requested. */
    final void emit(O result) {
        Operators.produced(REQUESTED, this, 1);
        signalling = true;
        actual.onNext(result);
        signalling = false;
    }

    /** Gives everything back, then sends the last signal; for {@link #step()}, which returns false then. */
    final void end(@Nullable Throwable error) {
        ended = true;
        clear();
        signalling = true;
        if (error == null) {
            actual.onComplete();
        } else {
            actual.onError(error);
        }
        signalling = false;
    }

    /** Gives everything back before the throwable goes on its way. What comes meanwhile does so for nothing. */
    private void threw(Throwable thrown) {
        ended = true;
        ForeignCode.quietly(this::interrupt, actual);
        clear();
        if (isShared()) {
            Operators.onErrorDropped(thrown, actual.currentContext());
            if (!Exceptions.isJvmFatal(thrown)) {
                return; // the floor is still held: serve() goes on to the next round
            }
        }
        wip = 0;
        drain();
        throw ForeignCode.sneaky(thrown);
    }

    private void clear() {
        ForeignCode.quietly(this::releaseAll, actual);
        Throwable error = failure;
        if (error != null && !failureTold) {
            failureTold = true;
            Operators.onErrorDropped(error, actual.currentContext());
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
        }
        return key == Attr.REQUESTED_FROM_DOWNSTREAM ? requested : null;
    }
}
