package dev.sluice.flux;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * The hand-over of a task to another thread. Whatever the scheduler or executor throws, the caller is told why, and
 * never more than one thread has the task.
 *
 * <pre>{@code
 *   Throwable refused = Handoff.to(scheduler, actual, this);
 *   if (refused != null) {
 *       // end, release, signal: the caller still has what the task would have had
 *   }
 * }</pre>
 *
 * <p>The task sees the thread locals of its subscriber, not those of the thread that hands it over; see {@link
 * ThreadLocals}.
 */
final class Handoff implements Runnable {

    /*
     *   NEW --> BEGUN      the thread that runs it has the task
     *    +----> GIVEN_UP   the caller that was refused, or giveUp() or end(), has it
     *
     * A scheduler may queue a task and throw all the same, as ThreadPoolExecutor does when there is no thread to be
     * had. So a refused caller takes the task back. If it comes too late, the task has begun, and was handed over after
     * all.
     *
     * Give up against keep: giveUp() writes `state`, then reads `scheduled`; keep() writes `scheduled`, then reads
     * `state`. So at least one of the two disposes of what was scheduled. A task that has begun is never interrupted.
     */
    private static final int NEW = 0;
    private static final int BEGUN = 1;
    private static final int GIVEN_UP = 2;

    private static final AtomicIntegerFieldUpdater<Handoff> STATE =
            AtomicIntegerFieldUpdater.newUpdater(Handoff.class, "state");

    private final @Nullable CoreSubscriber<?> subscriber;
    private final Runnable task;
    private volatile int state;
    private volatile @Nullable Disposable scheduled;

    /** What the task threw; for the thread that ran it. */
    private @Nullable Throwable thrown;

    /**
     * Makes a hand-over that has not begun.
     *
     * @param subscriber whose thread locals the task sees; null: those that there are
     */
    Handoff(@Nullable CoreSubscriber<?> subscriber, Runnable task) {
        this.subscriber = subscriber;
        this.task = task;
    }

    /**
     * Hands a task over. Throws only what the task itself throws, if the scheduler runs it within the call.
     *
     * @return why the task will not run, as an error to signal; null if it runs
     */
    static @Nullable Throwable to(Scheduler scheduler, CoreSubscriber<?> subscriber, Runnable task) {
        Handoff handoff = new Handoff(subscriber, task);
        return handoff.begin(() -> scheduler.schedule(handoff));
    }

    /** The same by an executor. */
    static @Nullable Throwable to(Executor executor, CoreSubscriber<?> subscriber, Runnable task) {
        Handoff handoff = new Handoff(subscriber, task);
        return handoff.begin(() -> executor.execute(handoff));
    }

    /** The same, for a task that can be given up as long as it has not begun. */
    @Nullable Throwable to(Scheduler scheduler) {
        return begin(() -> keep(scheduler.schedule(this)));
    }

    /** The same, to run after a while. */
    @Nullable Throwable after(Scheduler scheduler, long nanos) {
        return begin(() -> keep(scheduler.schedule(this, nanos, TimeUnit.NANOSECONDS)));
    }

    private @Nullable Throwable begin(Runnable call) {
        try {
            ThreadLocals.in(subscriber, call);
            return null;
        } catch (Throwable e) {
            if (take(GIVEN_UP)) {
                return refusal(e);
            } else if (e == thrown) {
                throw ForeignCode.sneaky(e);
            }
            return null;
        }
    }

    private Throwable refusal(Throwable why) {
        Context context = subscriber == null ? Context.empty() : subscriber.currentContext();
        return why instanceof RejectedExecutionException ? Operators.onRejectedExecution(why, context) : why;
    }

    private void keep(Disposable disposable) {
        scheduled = disposable;
        if (state == GIVEN_UP) {
            disposable.dispose();
        }
    }

    private boolean take(int newState) {
        return STATE.compareAndSet(this, NEW, newState);
    }

    @Override
    public void run() {
        if (take(BEGUN)) {
            try {
                ThreadLocals.in(subscriber, task);
            } catch (Throwable e) {
                thrown = e;
                throw e;
            }
        }
    }

    /** Sees to it that the task does not run, unless it has begun. From any thread, and more than once. */
    boolean giveUp() {
        boolean first = take(GIVEN_UP);
        Disposable disposable = scheduled;
        if (first && disposable != null) {
            ForeignCode.quietly(disposable::dispose, subscriber);
        }
        return first;
    }

    /** Runs the task at once, instead of later, unless it has begun. From any thread, and more than once. */
    void end() {
        if (giveUp()) {
            task.run();
        }
    }
}
