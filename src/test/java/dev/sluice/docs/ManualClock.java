package dev.sluice.docs;

import dev.sluice.PoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** A clock that a test moves by hand. Thread-safe. */
final class ManualClock implements PoolClock {

    private record Task(Runnable action, long dueNanos, CompletableFuture<Void> done) {}

    private final List<Task> tasks = new ArrayList<>();
    private long nowNanos;

    @Override
    public synchronized long nanoTime() {
        return nowNanos;
    }

    @Override
    public synchronized Future<?> schedule(Runnable task, long delayNanos) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        tasks.add(new Task(task, nowNanos + delayNanos, done));
        return done;
    }

    /** Lets time pass, and runs what falls due. */
    void advance(Duration time) {
        for (Task task : dueAfter(time)) {
            if (task.done.complete(null)) {
                task.action.run();
            }
        }
    }

    private synchronized List<Task> dueAfter(Duration time) {
        nowNanos += time.toNanos();
        List<Task> due =
                tasks.stream().filter(task -> task.dueNanos <= nowNanos).toList();
        tasks.removeAll(due);
        return due;
    }
}
