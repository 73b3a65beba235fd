package dev.sluice;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@link PoolClock#system()}: one thread waits for what is due, others do it, so that a large shrink or a slow receiver
 * of a timeout does not hold up what is due meanwhile.
 */
final class PoolSystemClock implements PoolClock {

    static final PoolSystemClock INSTANCE = new PoolSystemClock();

    private static final System.Logger LOG = System.getLogger("dev.sluice");

    /** So many tasks may be slow at once; one more holds up the clock itself. */
    private static final int MAX_WORKERS = 16;

    private final ScheduledThreadPoolExecutor timer;
    private final Executor workers;

    private PoolSystemClock() {
        timer = new ScheduledThreadPoolExecutor(1, PoolThreads.named("sluice-clock"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(PoolThreads.KEEP_ALIVE_MILLIS, TimeUnit.MILLISECONDS);
        timer.allowCoreThreadTimeOut(true);
        workers = new ThreadPoolExecutor(
                0,
                MAX_WORKERS,
                PoolThreads.KEEP_ALIVE_MILLIS,
                TimeUnit.MILLISECONDS,
                new SynchronousQueue<>(),
                PoolThreads.named("sluice-timer"));
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    /** Where the executor has queued the task and then finds no thread, it throws, and the task must not run later. */
    @Override
    public Future<?> schedule(Runnable task, long delayNanos) {
        Due due = new Due(task);
        try {
            return timer.schedule(due, delayNanos, TimeUnit.NANOSECONDS);
        } catch (RuntimeException | Error e) {
            due.task = null;
            throw e;
        }
    }

    /** A task that has its time. */
    private final class Due implements Runnable {

        private volatile @Nullable Runnable task;

        Due(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            Runnable now = task;
            if (now == null) {
                return;
            }
            try {
                workers.execute(() -> carryOut(now));
            } catch (RuntimeException | Error e) {
                carryOut(now); // no worker is left, or no thread: here, then
            }
        }
    }

    private static void carryOut(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "a task of the pools' clock failed", e);
        }
    }
}
