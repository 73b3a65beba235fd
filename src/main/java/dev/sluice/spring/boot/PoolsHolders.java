package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PoolDump;
import dev.sluice.spring.boot.SluiceDescriptor.Lease;
import dev.sluice.spring.boot.SluiceDescriptor.Leases;
import dev.sluice.spring.boot.SluiceDescriptor.Waiting;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who holds and who waits for the memory of some pools, for longest. */
final class PoolsHolders {

    private static final int MOST = 20;

    private PoolsHolders() {}

    static Leases of(Collection<BufferPool> pools) {
        List<PoolDump> dumps = pools.stream().map(BufferPool::dump).toList();
        return new Leases(detection(pools), oldest(dumps), waiting(dumps));
    }

    /** That of the first pool, which is the application's. */
    private static @Nullable LeakDetection detection(Collection<BufferPool> pools) {
        return pools.stream().findFirst().map(BufferPool::leakDetection).orElse(null);
    }

    private static List<Lease> oldest(List<PoolDump> dumps) {
        return dumps.stream()
                .flatMap(dump -> dump.oldest().stream().map(lease -> lease(dump.pool(), lease)))
                .sorted(Comparator.comparingLong(Lease::ageMillis).reversed())
                .limit(MOST)
                .toList();
    }

    private static Lease lease(String pool, PoolDump.Holding lease) {
        return new Lease(
                pool,
                lease.length(),
                lease.capacity(),
                lease.holder(),
                lease.takenAt().stream().map(StackTraceElement::toString).toList(),
                lease.lastTouch(),
                lease.age().toMillis());
    }

    private static List<Waiting> waiting(List<PoolDump> dumps) {
        return dumps.stream()
                .flatMap(dump -> dump.waiting().stream()
                        .map(request -> new Waiting(
                                dump.pool(),
                                request.size(),
                                request.holder(),
                                request.reason(),
                                request.age().toMillis())))
                .sorted(Comparator.comparingLong(Waiting::ageMillis).reversed())
                .limit(MOST)
                .toList();
    }
}
