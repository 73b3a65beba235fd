package dev.sluice.testing;

import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * A scheduler that does what another one does, but refuses one task: the n-th, in one of the ways that schedulers do.
 * So a test can prove, for every n, that a pipeline ends in one signal with nothing in flight.
 *
 * <pre>{@code
 *   for (int n = 1; ; n++) {
 *       RefusingScheduler scheduler = RefusingScheduler.of(Schedulers.boundedElastic(), n, Refusal.NO_THREAD);
 *       // run the pipeline on it; there is an end, and nothing is in use
 *       if (!scheduler.hasRefused()) {
 *           break;
 *       }
 *   }
 * }</pre>
 *
 * <p>May be used from any threads. Workers and disposal are the other scheduler's.
 */
public final class RefusingScheduler implements Scheduler {

    /** How a scheduler refuses a task. */
    public enum Refusal {
        /** {@link RejectedExecutionException}: it is shut down, or its queue is full. */
        REJECTED,

        /** {@link OutOfMemoryError}: the system has no thread for it. */
        NO_THREAD,

        /** {@link AssertionError}: it is broken. */
        ASSERTION,

        /** {@link IllegalStateException}: it is broken, too. */
        STATE,

        /**
         * {@link OutOfMemoryError}, but the task runs all the same: it was queued before a thread was to be started.
         */
        NO_THREAD_BUT_QUEUED;

        private RuntimeException thrown(String message) {
            return switch (this) {
                case ASSERTION -> throw new AssertionError(message);
                case NO_THREAD, NO_THREAD_BUT_QUEUED -> throw new OutOfMemoryError(message);
                case STATE -> new IllegalStateException(message);
                default -> new RejectedExecutionException(message);
            };
        }
    }

    private final Scheduler delegate;
    private final int refused;
    private final Refusal refusal;
    private final AtomicInteger calls = new AtomicInteger();

    private RefusingScheduler(Scheduler delegate, int refused, Refusal refusal) {
        this.delegate = Objects.requireNonNull(delegate, "delegate");
        this.refused = refused;
        this.refusal = Objects.requireNonNull(refusal, "refusal");
    }

    /**
     * Makes a scheduler.
     *
     * @param delegate what runs the tasks
     * @param refused the number of the task that is refused, counted from 1
     * @param refusal how
     * @return the scheduler
     */
    public static RefusingScheduler of(Scheduler delegate, int refused, Refusal refusal) {
        return new RefusingScheduler(delegate, refused, refusal);
    }

    /**
     * Whether the task came that is refused.
     *
     * @return whether it came
     */
    public boolean hasRefused() {
        return calls.get() >= refused;
    }

    @Override
    public Disposable schedule(Runnable task) {
        if (calls.incrementAndGet() != refused) {
            return delegate.schedule(task);
        }
        if (refusal == Refusal.NO_THREAD_BUT_QUEUED) {
            delegate.schedule(task);
        }
        throw refusal.thrown("refused by a test");
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        if (calls.incrementAndGet() != refused) {
            return delegate.schedule(task, delay, unit);
        }
        if (refusal == Refusal.NO_THREAD_BUT_QUEUED) {
            delegate.schedule(task, delay, unit);
        }
        throw refusal.thrown("refused by a test");
    }

    @Override
    public Worker createWorker() {
        return delegate.createWorker();
    }

    @Override
    public long now(TimeUnit unit) {
        return delegate.now(unit);
    }

    /**
     * Does nothing: the other scheduler is its maker's.
     */
    @Override
    public void dispose() {}
}
