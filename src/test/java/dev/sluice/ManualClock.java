package dev.sluice;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/** Time that a test moves by hand: tasks run on the thread that calls {@link #advance}, in order of time. */
final class ManualClock implements PoolClock {

    /** So close to the overflow of {@code nanoTime} that comparing instants, instead of subtracting them, fails. */
    private static final long ORIGIN = Long.MAX_VALUE - Duration.ofSeconds(2).toNanos();

    private final PriorityQueue<Task> tasks = new PriorityQueue<>(Comparator.comparingLong((Task task) -> task.due));
    private long elapsed;

    @Override
    public synchronized long nanoTime() {
        return ORIGIN + elapsed;
    }

    @Override
    public synchronized Future<?> schedule(Runnable runnable, long delayNanos) {
        if (delayNanos < 0) {
            throw new IllegalArgumentException("the delay is below zero: %,d ns".formatted(delayNanos));
        }
        Task task = new Task(runnable, delayNanos > Long.MAX_VALUE - elapsed ? Long.MAX_VALUE : elapsed + delayNanos);
        tasks.add(task);
        return task;
    }

    /** How many tasks wait for their time. */
    synchronized int scheduled() {
        return tasks.size();
    }

    /** Moves on and runs what is due on the way, each task at its own instant. */
    void advance(Duration by) {
        long until = now() + by.toNanos();
        for (Task task = nextDue(until); task != null; task = nextDue(until)) {
            task.runOrThrow();
        }
        moveTo(until);
    }

    /** Moves on in equal steps. */
    void advance(Duration step, int times) {
        for (int i = 0; i < times; i++) {
            advance(step);
        }
    }

    private synchronized long now() {
        return elapsed;
    }

    private synchronized void moveTo(long instant) {
        elapsed = instant;
    }

    private synchronized Task nextDue(long until) {
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

    private final class Task extends FutureTask<Void> {

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
