package dev.sluice.flux;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * A {@link DrainSubscription} that has one upstream.
 *
 * @param <I> what it gets
 * @param <O> what it emits
 */
abstract class DrainOperator<I, O> extends DrainSubscription<O> implements CoreSubscriber<I> {

    /** When an error from upstream is signalled. */
    enum Errors {
        /** When all that came before it was emitted. */
        AFTER_CONTENT,

        /** Before what waits to be emitted, which is dropped. */
        AT_ONCE
    }

    private final Errors errors;

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    /** Upstream has ended, and how; `done` is written last. */
    private volatile boolean done;

    private @Nullable Throwable upstreamError;

    DrainOperator(CoreSubscriber<? super O> actual, Errors errors) {
        super(actual);
        this.errors = errors;
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
    public final void onError(Throwable error) {
        Objects.requireNonNull(error, "error");
        if (done || hasEnded()) {
            Operators.onErrorDropped(error, currentContext());
        } else if (errors == Errors.AT_ONCE) {
            done = true;
            fail(error);
        } else {
            upstreamError = error;
            done = true;
            drain();
        }
    }

    @Override
    public final void onComplete() {
        done = true;
        drain();
    }

    /** Whether the next buffer, or the end, comes from upstream without anybody being waited for but the pool. */
    final boolean hasMoreAtHand() {
        return upstream instanceof ReadSubscription reading && reading.isAtHand();
    }

    /** Whether upstream has ended. Read before the input is: what came before the end is then found there. */
    final boolean isDone() {
        return done;
    }

    /** How upstream has ended, if errors come after the content; null: well. */
    final @Nullable Throwable upstreamError() {
        return upstreamError;
    }

    final void ask(long n) {
        upstream.request(n);
    }

    /**
     * Goes on elsewhere, because memory is there: the thread that released it may be in the midst of anything, and must
     * neither run users' functions nor see what a subscriber throws. An operator that was stopped has no need: the
     * thread that stopped it drains.
     */
    final void goOnBy(Executor executor) {
        if (isStopped()) {
            return;
        } else if (isServing()) {
            drain(); // the memory came within the call that asked for it
            return;
        }
        Throwable refused = Handoff.to(executor, actual, this::goOn);
        if (refused instanceof RejectedExecutionException) {
            goOn(); // the executor is shut down: there is no other thread
        } else if (refused != null) {
            ForeignCode.quietly(() -> fail(refused), actual);
        }
    }

    private void goOn() {
        ForeignCode.quietly(this::drain, actual);
    }

    /** Where upstream emits, as far as it says so, or else {@link Schedulers#parallel()}. */
    final Executor whereUpstreamRuns() {
        Scannable each = Scannable.from(upstream);
        while (each != null && each.isScanAvailable()) {
            // What another relay than emitOn says is where its timer runs.
            Object where =
                    each instanceof Relay && !(each instanceof EmitOnSubscriber) ? null : each.scanUnsafe(Attr.RUN_ON);
            if (where instanceof Scheduler scheduler && scheduler != Schedulers.immediate()) {
                return scheduler::schedule;
            } else if (where instanceof Scheduler.Worker worker) {
                return worker::schedule;
            }
            each = each.scan(Attr.PARENT);
        }
        return Schedulers.parallel()::schedule;
    }

    /** Upstream has emitted what it was not asked for, which the caller has released. */
    final void overflow(String what) {
        failInput(Exceptions.failWithOverflow(what), null);
    }

    /** What upstream has emitted cannot be used: nothing more is taken from it. */
    final void failInput(Throwable thrown, @Nullable Object element) {
        Throwable error = ForeignCode.failed(thrown, upstream, element, currentContext());
        done = true;
        fail(error);
        Exceptions.throwIfJvmFatal(thrown);
    }

    @Override
    void interrupt() {
        if (!done) {
            upstream.cancel();
        }
    }

    @Override
    public Context currentContext() {
        return actual.currentContext();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.PARENT ? upstream : super.scanUnsafe(key);
    }
}
