package dev.sluice.flux;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A scheduler whose tasks run when a test says so, on the test's thread. */
final class Steps {

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    Scheduler scheduler() {
        return Schedulers.fromExecutor(tasks::add);
    }

    /** Runs the task that was scheduled first; false if there is none. */
    boolean runOne() {
        Runnable task = tasks.poll();
        if (task != null) {
            task.run();
        }
        return task != null;
    }

    /** Runs what was scheduled, and what that schedules. */
    void runAll() {
        boolean more = true;
        while (more) {
            more = runOne();
        }
    }
}
