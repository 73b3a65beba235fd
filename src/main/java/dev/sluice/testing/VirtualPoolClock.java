package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.PoolClock;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Time that a test moves by hand: what a pool schedules runs on the thread that calls {@link #advance(Duration)}, in
 * order of time. Until then, nothing shrinks and nothing times out.
 *
 * <p>Thread-safe; advanced by one thread at a time, and not from within a task that it runs.
 */
public final class VirtualPoolClock implements PoolClock {

    /** So close to the overflow of {@code nanoTime} that comparing instants, instead of subtracting them, fails. */
    private static final long ORIGIN = Long.MAX_VALUE - Duration.ofSeconds(2).toNanos();

    private final PriorityQueue<Task> tasks = new PriorityQueue<>(Comparator.comparingLong((Task task) -> task.due));
    private long elapsed;

    private VirtualPoolClock() {}

    /**
     * Makes a clock at which no time has passed.
     *
     * @return a clock of its own
     */
    public static VirtualPoolClock create() {
        return new VirtualPoolClock();
    }

    @Override
    public synchronized long nanoTime() {
        return ORIGIN + elapsed;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the delay is below 0
     */
    @Override
    public synchronized Future<?> schedule(Runnable task, long delayNanos) {
        if (delayNanos < 0) {
            throw new IllegalArgumentException(message("the delay is below zero: %,d ns", delayNanos));
        }
        Task scheduled = new Task(task, delayNanos > Long.MAX_VALUE - elapsed ? Long.MAX_VALUE : elapsed + delayNanos);
        tasks.add(scheduled);
        return scheduled;
    }

    /**
     * How many tasks wait for their time.
     *
     * @return the tasks that are scheduled, neither run nor cancelled
     */
    public synchronized int scheduled() {
        return tasks.size();
    }

    /**
     * How much time has passed.
     *
     * @return the sum of all that the clock was advanced by
     */
    public Duration elapsed() {
        return Duration.ofNanos(now());
    }

    /**
     * Moves on and runs what is due on the way, each task at its own instant.
     *
     * @param by how far, at least 0
     * @throws IllegalArgumentException if that is below 0
     * @throws AssertionError if a task throws; the clock then stands at the instant of that task
     */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("time does not go back: " + by);
        }
        long until = Math.addExact(now(), by.toNanos());
        for (Task task = nextDue(until); task != null; task = nextDue(until)) {
            task.runOrThrow();
        }
        moveTo(until);
    }

    /**
     * Moves on in equal steps.
     *
     * @param step how far each time, at least 0
     * @param times how often
     * @throws IllegalArgumentException if the step is below 0
     * @throws AssertionError if a task throws
     */
    public void advance(Duration step, int times) {
        for (int i = 0; i < times; i++) {
            advance(step);
        }
    }

    private synchronized long now() {
        return elapsed;
    }

    private synchronized void moveTo(long instant) {
        elapsed = Math.max(elapsed, instant);
    }

    private synchronized @Nullable Task nextDue(long until) {
        Task first = tasks.peek();
        if (first == null || first.due > until) {
            return null;
        }
        elapsed = Math.max(elapsed, first.due);
        return tasks.poll();
    }

    private synchronized void forget(Task task) {
        tasks.remove(task);
    }

    @Override
    public synchronized String toString() {
        return message("VirtualPoolClock[%s passed, %,d scheduled]", Duration.ofNanos(elapsed), tasks.size());
    }

    private final class Task extends FutureTask<@Nullable Void> {

        private final long due;

        Task(Runnable runnable, long due) {
            super(runnable, null);
            this.due = due;
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            forget(this);
            return super.cancel(mayInterruptIfRunning);
        }

        /** What a pool schedules never throws; if it does, the test that moved the clock fails. */
        void runOrThrow() {
            run();
            try {
                if (!isCancelled()) {
                    get();
                }
            } catch (ExecutionException | InterruptedException e) {
                throw new AssertionError("a scheduled task failed", e);
            }
        }
    }
}
