package dev.sluice;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts who holds and who waits for the memory of a pool: what {@link BufferPool#dump()} shows. */
final class LeaseCensus {

    private LeaseCensus() {}

    static PoolDump of(BufferPool pool) {
        List<LeaseWatch.Lost> watched = new ArrayList<>();
        boolean complete = LeaseWatches.find(pool, watched);
        long now = pool.clock().nanoTime();
        watched.sort(Comparator.comparingLong((LeaseWatch.Lost lease) -> lease.ageNanos(now))
                .reversed());
        return new PoolDump(
                pool.name(),
                pool.stats(),
                sizesInUse(pool, watched),
                watched.stream()
                        .limit(PoolDump.MAX_LISTED)
                        .map(lease -> lease.holding(now))
                        .toList(),
                pool.ledger().oldestWaiting(pool, PoolDump.MAX_LISTED).stream()
                        .map(standing -> standing.request().describe(standing.reason(), now))
                        .toList(),
                complete);
    }

    private static List<PoolDump.Size> sizesInUse(BufferPool pool, List<LeaseWatch.Lost> watched) {
        Map<Integer, Set<Slot>> watchedSlots = new HashMap<>();
        watched.forEach(lease -> watchedSlots
                .computeIfAbsent(lease.slot().slab.sizeClass.capacity(), capacity -> new HashSet<>())
                .add(lease.slot()));
        List<PoolDump.Size> sizes = new ArrayList<>();
        pool.statsBySize().forEach((capacity, stats) -> {
            if (stats.buffersInUse() > 0) {
                int ofThem = watchedSlots.getOrDefault(capacity, Set.of()).size();
                sizes.add(new PoolDump.Size(capacity, stats.buffersInUse(), Math.min(ofThem, stats.buffersInUse())));
            }
        });
        return sizes;
    }
}
