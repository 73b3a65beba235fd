package dev.sluice.samples.tcprelay;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.console.View;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Looks at the relay four times per second, and sums up in the end. */
final class Run {

    private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Relay relay;
    private final Traffic traffic;
    private final BufferPool pool;
    private final View<Gauge.Sample> view;
    private final long startNanos = System.nanoTime();
    private volatile boolean ended;

    Run(Relay relay, Traffic traffic, BufferPool pool, View<Gauge.Sample> view) {
        this.relay = relay;
        this.traffic = traffic;
        this.pool = pool;
        this.view = view;
    }

    /** Returns when it is over, or somebody else ends the run. */
    void untilEnd(BooleanSupplier isOver) {
        Gauge gauge = new Gauge(traffic, pool);
        while (!ended && !isOver.getAsBoolean()) {
            view.show(gauge.look());
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
        }
    }

    /** Ends the run unless it has ended, and returns how many buffers have not come back. */
    synchronized long end() {
        if (!ended) {
            ended = true;
            double seconds = (System.nanoTime() - startNanos) / 1e9;
            relay.close();
            awaitRest();
            view.close();
            summarize(seconds);
            pool.close();
        }
        return pool.stats().buffersInUse();
    }

    private void awaitRest() {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (pool.stats().buffersInUse() > 0 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private void summarize(double seconds) {
        Traffic.Totals totals = traffic.totals();
        PoolStats stats = pool.stats();
        System.out.printf(
                Locale.ROOT,
                "Relayed: %,d connections in %s, %,d failed, %,d refused%n"
                        + "         %s to the target, %s to the clients%n"
                        + "Pool:    peak %s of %s, %,d leases, %.1f %% hits; %,d in flight%n",
                totals.ended(),
                Times.clock(seconds),
                totals.failed(),
                totals.refused(),
                ByteSize.format(totals.toTarget()),
                ByteSize.format(totals.toClients()),
                ByteSize.format(stats.peakBytes()),
                ByteSize.format(stats.limitBytes()),
                stats.totalAcquisitions(),
                Math.floor(1000 * stats.hitRate()) / 10,
                stats.buffersInUse());
    }
}
