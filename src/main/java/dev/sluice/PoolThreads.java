package dev.sluice;

import java.util.concurrent.ThreadFactory;

/**
 * Makes every thread of the pools.
 *
 * <p>A thread keeps alive what it inherits. So these threads inherit no thread locals and have no context class loader:
 * an application that happens to be the first to need one of them can still be unloaded. Each user of this class sees
 * to it that its threads end after {@value #KEEP_ALIVE_MILLIS} ms without work, and starts another when there is work
 * again. No static initializer starts a thread, because one that failed for lack of threads would disable its class for
 * good.
 */
final class PoolThreads {

    /** How long a thread without work lives. Longer than a shrink interval, so that looks in a row share a thread. */
    static final int KEEP_ALIVE_MILLIS = 2_000;

    private PoolThreads() {}

    /** A factory of daemon threads with one name. */
    static ThreadFactory named(String name) {
        return task -> daemon(task, name);
    }

    static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(null, task, name, 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        return thread;
    }
}
