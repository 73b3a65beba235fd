package dev.sluice.samples.tcprelay;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Measures what happens between one look and the next. For one thread. */
final class Gauge {

    /**
     * What is seen at a look.
     *
     * @param seconds since the relay was started
     * @param totals since then
     * @param toTargetPerSecond bytes from all clients to the target, since the last look
     * @param toClientsPerSecond bytes from the target to all clients
     * @param connections the busiest first
     * @param pool the state of the memory
     */
    record Sample(
            double seconds,
            Traffic.Totals totals,
            long toTargetPerSecond,
            long toClientsPerSecond,
            List<Rate> connections,
            PoolStats pool) {}

    /**
     * How fast one connection is.
     *
     * @param passage the connection
     * @param seconds since it was opened
     * @param toTargetPerSecond bytes since the last look
     * @param toClientPerSecond bytes since the last look
     */
    record Rate(Passage passage, double seconds, long toTargetPerSecond, long toClientPerSecond) {

        private long perSecond() {
            return toTargetPerSecond + toClientPerSecond;
        }
    }

    /** How many bytes had passed by the last look. */
    private record Bytes(long toTarget, long toClients) {

        private static final Bytes NONE = new Bytes(0, 0);

        static Bytes of(Passage passage) {
            return new Bytes(passage.toTarget().get(), passage.toClient().get());
        }
    }

    private static final double NANOS_PER_SECOND = 1e9;

    private final Traffic traffic;
    private final BufferPool pool;
    private final long startNanos = System.nanoTime();
    private long lastNanos = startNanos;
    private Bytes last = Bytes.NONE;
    private Map<Passage, Bytes> lastOfEach = Map.of();

    Gauge(Traffic traffic, BufferPool pool) {
        this.traffic = traffic;
        this.pool = pool;
    }

    Sample look() {
        long now = System.nanoTime();
        double elapsed = (now - lastNanos) / NANOS_PER_SECOND;
        Traffic.Totals totals = traffic.totals();
        Map<Passage, Bytes> ofEach = new HashMap<>();
        traffic.passages().forEach(passage -> ofEach.put(passage, Bytes.of(passage)));
        Sample sample = new Sample(
                (now - startNanos) / NANOS_PER_SECOND,
                totals,
                perSecond(totals.toTarget() - last.toTarget, elapsed),
                perSecond(totals.toClients() - last.toClients, elapsed),
                rates(ofEach, now, elapsed),
                pool.stats());
        lastNanos = now;
        last = new Bytes(totals.toTarget(), totals.toClients());
        lastOfEach = ofEach;
        return sample;
    }

    private List<Rate> rates(Map<Passage, Bytes> ofEach, long now, double elapsed) {
        return ofEach.entrySet().stream()
                .map(entry -> rate(entry.getKey(), entry.getValue(), now, elapsed))
                .sorted(Comparator.comparingLong(Rate::perSecond).reversed())
                .toList();
    }

    private Rate rate(Passage passage, Bytes bytes, long now, double elapsed) {
        Bytes before = lastOfEach.getOrDefault(passage, Bytes.NONE);
        return new Rate(
                passage,
                (now - passage.startNanos()) / NANOS_PER_SECOND,
                perSecond(bytes.toTarget - before.toTarget, elapsed),
                perSecond(bytes.toClients - before.toClients, elapsed));
    }

    /** A connection that ends while the totals are added up may be counted twice, and at the next look not. */
    private static long perSecond(long bytes, double elapsed) {
        return elapsed <= 0 ? 0 : Math.max(0, Math.round(bytes / elapsed));
    }
}
