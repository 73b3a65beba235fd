package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * A function to be applied to a buffer on another thread: {@link BufferFlux#consumeParallel}.
 *
 * <p>Has a share of the buffer, so that a cancellation, which releases the lender's lease at once, does not take the
 * memory from a function that is still running. Subscribed to once, by the operator that lends.
 */
final class ConsumeParallelTask<T> extends Mono<T> {

    private final PooledBuffer buffer;
    private final Function<? super PooledBuffer, ? extends @Nullable T> fn;
    private final Scheduler scheduler;

    private ConsumeParallelTask(
            PooledBuffer buffer, Function<? super PooledBuffer, ? extends @Nullable T> fn, Scheduler scheduler) {
        this.buffer = buffer;
        this.fn = fn;
        this.scheduler = scheduler;
    }

    /** Makes a task of each buffer. */
    static <T> Function<PooledBuffer, ConsumeParallelTask<T>> of(
            Function<? super PooledBuffer, ? extends @Nullable T> fn, Scheduler scheduler) {
        Objects.requireNonNull(fn, "fn");
        Objects.requireNonNull(scheduler, "scheduler");
        return buffer -> new ConsumeParallelTask<>(buffer, fn, scheduler);
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        Work<T> work = new Work<>(actual, fn, buffer.retain());
        actual.onSubscribe(work);
        work.schedule(scheduler);
    }

    private static final class Work<T> implements Subscription, Runnable, Scannable {

        /*
         *   WAITING --> RUNNING --> DONE       the function has returned: its share is released, its result signalled
         *      |           |
         *      |           +-----> CANCELLED   the function is not stopped; its share is released when it returns
         *      +-----------------> CANCELLED   the share is released, the function is not called
         *
         * The call that moves the state out of WAITING owns the share: run(), cancel() or a refused schedule().
         */
        private static final int WAITING = 0;
        private static final int RUNNING = 1;
        private static final int DONE = 2;
        private static final int CANCELLED = 3;

        @SuppressWarnings("rawtypes")
        private static final AtomicIntegerFieldUpdater<Work> STATE =
                AtomicIntegerFieldUpdater.newUpdater(Work.class, "state");

        private final CoreSubscriber<? super T> actual;
        private final Function<? super PooledBuffer, ? extends @Nullable T> fn;
        private final PooledBuffer share;
        private final Handoff scheduled;
        private volatile int state;

        Work(
                CoreSubscriber<? super T> actual,
                Function<? super PooledBuffer, ? extends @Nullable T> fn,
                PooledBuffer share) {
            this.actual = actual;
            this.fn = fn;
            this.share = share;
            this.scheduled = new Handoff(actual, this);
        }

        void schedule(Scheduler scheduler) {
            if (state != WAITING) {
                return;
            }
            Throwable refused = scheduled.to(scheduler);
            if (refused != null && STATE.compareAndSet(this, WAITING, DONE)) {
                share.release();
                actual.onError(refused);
            }
        }

        @Override
        public void run() {
            if (!STATE.compareAndSet(this, WAITING, RUNNING)) {
                return;
            }
            T result = null;
            Throwable error = null;
            try {
                result = fn.apply(share);
                ConsumeEscape.check(result, share, "consumeParallel");
            } catch (Throwable e) {
                result = null;
                error = e;
            } finally {
                share.release();
            }
            signal(result, error);
        }

        private void signal(@Nullable T result, @Nullable Throwable error) {
            if (!STATE.compareAndSet(this, RUNNING, DONE)) {
                Operators.onDiscard(result, actual.currentContext());
                if (error != null) {
                    Operators.onErrorDropped(error, actual.currentContext());
                }
            } else if (error != null) {
                actual.onError(ForeignCode.failed(error, null, null, actual.currentContext()));
                Exceptions.throwIfJvmFatal(error);
            } else {
                if (result != null) {
                    actual.onNext(result);
                }
                actual.onComplete();
            }
        }

        /** A result is not waited for: the lender has room for it. */
        @Override
        public void request(long n) {
            Operators.validate(n);
        }

        @Override
        public void cancel() {
            if (STATE.compareAndSet(this, WAITING, CANCELLED)) {
                share.release();
                scheduled.giveUp();
            } else {
                STATE.compareAndSet(this, RUNNING, CANCELLED);
            }
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.ACTUAL) {
                return actual;
            } else if (key == Attr.CANCELLED) {
                return state == CANCELLED;
            } else if (key == Attr.TERMINATED) {
                return state == DONE;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
        }
    }
}
