package dev.sluice;

import java.util.concurrent.Future;

/**
 * The time by which a pool shrinks and requests time out; a test injects one that it moves by hand.
 *
 * <p>Implementations are thread-safe. A task that the pool schedules may take as long as the system needs to take back
 * the memory of a burst; it never waits for another task.
 */
public interface PoolClock {

    /**
     * The present, on the same terms as {@link System#nanoTime()}.
     *
     * @return nanoseconds from an arbitrary origin
     */
    long nanoTime();

    /**
     * Runs a task once, later, unless the future that is returned is cancelled first.
     *
     * @param task what to run
     * @param delayNanos how much later, at least 0
     * @return cancels the task
     */
    Future<?> schedule(Runnable task, long delayNanos);

    /**
     * The clock of the machine: {@link System#nanoTime()}, one daemon thread that waits for what is due and others that
     * do it, shared by all pools. They exist only while something is scheduled, and two seconds longer.
     *
     * @return the shared instance
     */
    static PoolClock system() {
        return PoolSystemClock.INSTANCE;
    }
}
