package dev.sluice.samples.demandcurve;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import java.util.concurrent.locks.LockSupport;

/**
 * One run, ten samples to the second: moves the traffic along the day, measures and shows.
 *
 * @param pool serves the traffic
 * @param traffic comes and goes
 * @param gauge measures
 * @param view shows
 * @param seconds how long, on the clock of the machine
 * @param speed how many seconds of the day pass in one
 */
record Run(BufferPool pool, Traffic traffic, Gauge gauge, View view, double seconds, double speed) {

    private static final long SAMPLE_NANOS = 100_000_000;
    private static final long LAST_RELEASES_NANOS = 10_000_000_000L;

    /** Ends early if a reader fails. */
    Recording record() {
        Recording recording = new Recording();
        long start = System.nanoTime();
        for (long due = start; traffic.failure() == null; due = Math.max(due + SAMPLE_NANOS, System.nanoTime())) {
            pauseUntil(due);
            double now = (System.nanoTime() - start) / 1e9;
            if (now > seconds) {
                break;
            }
            double hour = now * speed / 3_600;
            recording.add(gauge.measure(now, hour, traffic.readers()));
            traffic.follow(hour % Day.HOURS);
            view.show(recording);
        }
        return recording;
    }

    /** Sends everybody home, and waits until the last buffer is back; says what the pool has then. */
    PoolStats end() {
        traffic.close();
        long deadline = System.nanoTime() + LAST_RELEASES_NANOS;
        PoolStats stats = pool.stats();
        while (stats.buffersInUse() + stats.demand() > 0 && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(SAMPLE_NANOS / 10);
            stats = pool.stats();
        }
        return stats;
    }

    private static void pauseUntil(long nanoTime) {
        for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
