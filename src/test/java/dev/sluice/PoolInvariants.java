package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * What holds for every pool at rest, whatever was done to it. Its clock stands still, since several snapshots are
 * compared. Each method takes all the pools that draw on the budgets concerned, since the account of a budget is
 * compared with the sum of what they hold.
 */
final class PoolInvariants {

    private PoolInvariants() {}

    /** The accounts are right; leases may be out and requests may wait. */
    static void assertSound(BufferPool... pools) {
        for (BufferPool pool : pools) {
            assertSound(pool.toString(), pool.stats());
            pool.statsBySize().forEach((size, stats) -> assertSound(size + " bytes in " + pool, stats));
            assertSizesAddUp(pool);
        }
        budgetsOf(pools).forEach(budget -> assertBudget(budget, pools));
    }

    /** The accounts are right, nothing is leased and nobody waits. */
    static void assertAtRest(BufferPool... pools) {
        assertSound(pools);
        for (BufferPool pool : pools) {
            PoolStats stats = pool.stats();
            assertThat(stats.buffersInUse()).as("in flight in %s", pool).isZero();
            assertThat(stats.bytesInUse()).as("bytes in flight in %s", pool).isZero();
            assertThat(stats.pending()).as("pending in %s", pool).isZero();
        }
    }

    /** Nothing is leased, nobody waits or wants anything, and {@code clear()} leaves nothing allocated or charged. */
    static void assertNothingLeft(BufferPool... pools) {
        assertAtRest(pools);
        for (BufferPool pool : pools) {
            pool.clear();
            PoolStats stats = pool.stats();
            assertThat(stats.allocatedBytes())
                    .as("allocated after clear() in %s", pool)
                    .isZero();
            assertThat(stats.totalAllocated())
                    .as("buffers after clear() in %s", pool)
                    .isZero();
            assertThat(stats.demand()).as("demand of %s", pool).isZero();
        }
        assertAtRest(pools);
    }

    private static void assertSound(String what, PoolStats stats) {
        assertThat(stats.buffersInUse() + stats.availableBuffers())
                .as("in use + available in %s", what)
                .isEqualTo(stats.totalAllocated());
        assertThat(stats.bytesInUse() + stats.idleBytes())
                .as("in use + idle bytes in %s", what)
                .isEqualTo(stats.allocatedBytes());
        assertThat(stats.idleBytes()).as("idle bytes in %s", what).isNotNegative();
        assertThat(stats.allocatedBytes())
                .as("allocated, against the limit, in %s", what)
                .isLessThanOrEqualTo(stats.limitBytes());
        assertThat(stats.totalAcquisitions() - stats.totalReleases() - stats.lost())
                .as("acquisitions - releases - lost in %s", what)
                .isEqualTo(stats.buffersInUse());
        assertThat(stats.hits() + stats.misses())
                .as("hits + misses in %s", what)
                .isEqualTo(stats.totalAcquisitions());
        assertThat(stats.peakAllocation())
                .as("most buffers ever in %s", what)
                .isGreaterThanOrEqualTo(stats.totalAllocated());
        assertThat(stats.peakBytes())
                .as("most bytes ever in %s", what)
                .isBetween(stats.allocatedBytes(), stats.limitBytes());
    }

    private static void assertSizesAddUp(BufferPool pool) {
        assertSizesAddUp(pool, "allocated bytes", PoolStats::allocatedBytes);
        assertSizesAddUp(pool, "bytes in use", PoolStats::bytesInUse);
        assertSizesAddUp(pool, "buffers in use", PoolStats::buffersInUse);
        assertSizesAddUp(pool, "buffers", PoolStats::totalAllocated);
        assertSizesAddUp(pool, "acquisitions", PoolStats::totalAcquisitions);
        assertSizesAddUp(pool, "releases", PoolStats::totalReleases);
        assertSizesAddUp(pool, "lost leases", PoolStats::lost);
        assertSizesAddUp(pool, "bytes given back", PoolStats::shrunkBytes);
        assertSizesAddUp(pool, "bytes reclaimed", PoolStats::reclaimedBytes);
    }

    private static void assertSizesAddUp(BufferPool pool, String what, ToLongFunction<PoolStats> number) {
        assertThat(pool.statsBySize().values().stream().mapToLong(number).sum())
                .as("%s, summed over the sizes of %s", what, pool)
                .isEqualTo(number.applyAsLong(pool.stats()));
    }

    private static Set<MemoryBudget> budgetsOf(BufferPool... pools) {
        Set<MemoryBudget> budgets = new LinkedHashSet<>();
        for (BufferPool pool : pools) {
            for (MemoryBudget budget = pool.budget(); budget != null; budget = budget.parent()) {
                budgets.add(budget);
            }
        }
        return budgets;
    }

    private static void assertBudget(MemoryBudget budget, BufferPool... pools) {
        long allocated = Arrays.stream(pools)
                .filter(pool -> pool.budget().isWithin(budget))
                .mapToLong(pool -> pool.stats().allocatedBytes())
                .sum();
        assertThat(budget.used()).as("charged to %s", budget).isEqualTo(allocated);
        assertThat(budget.used()).as("charged to %s", budget).isBetween(0L, budget.limit());
        assertThat(budget.peak()).as("peak of %s", budget).isBetween(budget.used(), budget.limit());
        assertThat(budget.available()).as("available in %s", budget).isEqualTo(budget.limit() - budget.used());
    }
}
