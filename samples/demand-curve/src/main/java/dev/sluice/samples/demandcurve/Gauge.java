package dev.sluice.samples.demandcurve;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;

/**
 * Measures a pool and the process.
 *
 * @param pool what is measured
 * @param resident the memory of the process
 */
record Gauge(BufferPool pool, ResidentSet resident) {

    Sample measure(double seconds, double hour, int readers) {
        PoolStats stats = pool.stats();
        return new Sample(
                seconds,
                hour,
                readers,
                stats.demandBytes(),
                stats.bytesInUse(),
                stats.idleBytes(),
                stats.pending(),
                resident.bytes(stats));
    }
}
