package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectProvider;

/** All pools and budgets of an application, its own included. */
final class PoolsInUse {

    private final ObjectProvider<BufferPool> pools;
    private final ObjectProvider<MorePools> more;
    private final ObjectProvider<MemoryBudget> budgets;

    /** Pools that are not beans. */
    @FunctionalInterface
    interface MorePools {

        /** Those that exist now. */
        Stream<BufferPool> pools();
    }

    PoolsInUse(ObjectProvider<BufferPool> pools, ObjectProvider<MorePools> more, ObjectProvider<MemoryBudget> budgets) {
        this.pools = pools;
        this.more = more;
        this.budgets = budgets;
    }

    PoolsSurvey survey() {
        Set<BufferPool> all = new LinkedHashSet<>(pools.orderedStream().toList());
        more.orderedStream().flatMap(MorePools::pools).forEach(all::add);
        return new PoolsSurvey(all, budgets.orderedStream().toList());
    }
}
