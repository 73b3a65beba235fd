package dev.sluice;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** {@link PoolClock#system()}. */
final class PoolSystemClock implements PoolClock {

    static final PoolSystemClock INSTANCE = new PoolSystemClock();

    private static final long KEEP_ALIVE_SECONDS = 30;

    /** Two, so that a large shrink does not hold up the requests that time out meanwhile. */
    private static final int THREADS = 2;

    private final ScheduledThreadPoolExecutor executor;

    private PoolSystemClock() {
        executor = new ScheduledThreadPoolExecutor(THREADS, PoolSystemClock::newThread);
        executor.setRemoveOnCancelPolicy(true);
        executor.setKeepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
    }

    private static Thread newThread(Runnable task) {
        Thread thread = new Thread(task, "sluice-clock");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Future<?> schedule(Runnable task, long delayNanos) {
        return executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }
}
