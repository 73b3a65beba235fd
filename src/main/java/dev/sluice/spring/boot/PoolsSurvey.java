package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolStats;
import dev.sluice.spring.boot.SluiceDescriptor.Budget;
import dev.sluice.spring.boot.SluiceDescriptor.Pool;
import dev.sluice.spring.boot.SluiceDescriptor.Size;
import dev.sluice.spring.boot.SluiceDescriptor.Totals;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** One look at pools and their budgets: each pool is asked once, and all numbers follow from its answer. */
final class PoolsSurvey {

    private final Map<BufferPool, PoolStats> stats = new LinkedHashMap<>();
    private final Set<MemoryBudget> budgets = new LinkedHashSet<>();

    /**
     * Looks.
     *
     * @param pools the pools
     * @param others budgets that perhaps no pool draws on yet
     */
    PoolsSurvey(Collection<BufferPool> pools, Collection<MemoryBudget> others) {
        pools.forEach(pool -> stats.put(pool, pool.stats()));
        others.forEach(this::addWithParents);
        pools.forEach(pool -> addWithParents(pool.budget()));
    }

    private void addWithParents(MemoryBudget budget) {
        for (MemoryBudget each = budget; each != null; each = each.parent()) {
            budgets.add(each);
        }
    }

    Set<BufferPool> polled() {
        return stats.keySet();
    }

    List<MemoryBudget> roots() {
        return budgets.stream().filter(budget -> budget.parent() == null).toList();
    }

    /** All budgets without a parent. */
    List<Budget> tree() {
        return tree(stats.keySet());
    }

    /** Budgets without a parent, and beneath them those that some pools draw on. */
    List<Budget> tree(Collection<BufferPool> page) {
        Set<MemoryBudget> shown = new LinkedHashSet<>(roots());
        for (BufferPool pool : page) {
            for (MemoryBudget each = pool.budget(); each != null; each = each.parent()) {
                shown.add(each);
            }
        }
        return beneath(null, shown, Set.copyOf(page));
    }

    private List<Budget> beneath(@Nullable MemoryBudget parent, Set<MemoryBudget> shown, Set<BufferPool> page) {
        return budgets.stream()
                .filter(budget -> budget.parent() == parent && shown.contains(budget))
                .map(budget -> budget(budget, shown, page))
                .toList();
    }

    private Budget budget(MemoryBudget budget, Set<MemoryBudget> shown, Set<BufferPool> page) {
        return new Budget(
                budget.name(),
                budget.limit() == Long.MAX_VALUE ? null : budget.limit(),
                budget.used(),
                budget.peak(),
                sum(budget, PoolStats::bytesInUse),
                sum(budget, PoolStats::idleBytes),
                sum(budget, PoolStats::pending),
                sum(budget, PoolStats::demand),
                sum(budget, PoolStats::demandBytes),
                stats.keySet().stream()
                        .filter(pool -> pool.budget() == budget && page.contains(pool))
                        .map(BufferPool::name)
                        .toList(),
                beneath(budget, shown, page));
    }

    /** Over all pools beneath a budget. */
    long sum(MemoryBudget budget, ToLongFunction<PoolStats> number) {
        return stats.entrySet().stream()
                .filter(pool -> isBeneath(budget, pool.getKey().budget()))
                .mapToLong(pool -> number.applyAsLong(pool.getValue()))
                .sum();
    }

    private static boolean isBeneath(MemoryBudget ancestor, MemoryBudget budget) {
        for (MemoryBudget each = budget; each != null; each = each.parent()) {
            if (each == ancestor) {
                return true;
            }
        }
        return false;
    }

    /** Some of the pools, each with its sizes. */
    List<Pool> pools(Collection<BufferPool> page) {
        List<Pool> pools = new ArrayList<>();
        for (BufferPool pool : page) {
            SortedMap<Integer, PoolStats> bySize = pool.statsBySize();
            PoolStats all = stats.getOrDefault(pool, pool.stats());
            pools.add(new Pool(
                    pool.name(), pool.budget().name(), pool.isClosed(), acquiredBytes(bySize), all, sizes(bySize)));
        }
        return pools;
    }

    private static List<Size> sizes(SortedMap<Integer, PoolStats> bySize) {
        return bySize.entrySet().stream()
                .map(size -> new Size(isLarger(size.getKey()) ? null : size.getKey(), size.getValue()))
                .toList();
    }

    private static long acquiredBytes(SortedMap<Integer, PoolStats> bySize) {
        return bySize.entrySet().stream()
                .filter(size -> !isLarger(size.getKey()))
                .mapToLong(size -> size.getKey() * size.getValue().totalAcquisitions())
                .sum();
    }

    /** Whether this stands for all sizes above the largest class. */
    private static boolean isLarger(int capacity) {
        return capacity == Integer.MAX_VALUE;
    }

    Totals totals() {
        return new Totals(
                total(PoolStats::totalAcquisitions),
                total(PoolStats::totalReleases),
                stats.keySet().stream()
                        .mapToLong(pool -> acquiredBytes(pool.statsBySize()))
                        .sum(),
                total(PoolStats::buffersInUse),
                total(PoolStats::bytesInUse),
                total(PoolStats::idleBytes),
                total(PoolStats::pending),
                total(PoolStats::demand),
                total(PoolStats::demandBytes),
                total(PoolStats::lost));
    }

    long total(ToLongFunction<PoolStats> number) {
        return stats.values().stream().mapToLong(number).sum();
    }
}
