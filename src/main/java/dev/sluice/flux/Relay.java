package dev.sluice.flux;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * What every operator that answers on the thread it is called on has in common: it passes requests and cancellation up,
 * and the end down, once.
 *
 * @param <I> what it gets
 * @param <O> what it passes on
 */
abstract class Relay<I, O> implements CoreSubscriber<I>, Subscription, Scannable {

    final CoreSubscriber<? super O> actual;

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    Subscription upstream;

    /** Set by the signals from upstream, which are serial. */
    boolean done;

    Relay(CoreSubscriber<? super O> actual) {
        this.actual = actual;
    }

    @Override
    public final void onSubscribe(Subscription subscription) {
        if (Operators.validate(upstream, subscription)) {
            upstream = subscription;
            actual.onSubscribe(this);
            begun();
        }
    }

    /** Called once the subscriber has its subscription; signals may have come by then. */
    void begun() {}

    @Override
    public void onError(Throwable error) {
        if (done) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        done = true;
        actual.onError(error);
    }

    @Override
    public void onComplete() {
        if (!done) {
            done = true;
            actual.onComplete();
        }
    }

    /** Ends the sequence because of what a function did with an element: upstream is cancelled, hooks are asked. */
    final void fail(Throwable error, Object element) {
        onError(ForeignCode.failed(error, upstream, element, currentContext()));
        Exceptions.throwIfJvmFatal(error);
    }

    @Override
    public void request(long n) {
        upstream.request(n);
    }

    @Override
    public void cancel() {
        upstream.cancel();
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
        } else if (key == Attr.TERMINATED) {
            return done;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
