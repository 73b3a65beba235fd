package dev.sluice.spring.boot;

import static dev.sluice.spring.boot.PropertyText.message;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolStats;
import org.jspecify.annotations.Nullable;

/** Whether the pools serve everybody, and if not, why. */
record PoolsCondition(Level level, @Nullable String reason) {

    enum Level {
        UP,
        /** Served, but at the edge: requests wait, or will soon. */
        DEGRADED,
        /** Requests are refused. */
        OUT_OF_SERVICE
    }

    private static final PoolsCondition UP = new PoolsCondition(Level.UP, null);

    /** The worst that there is. A budget beneath another that is full is what it was made for, and no condition. */
    static PoolsCondition of(PoolsSurvey survey, Thresholds thresholds) {
        PoolsCondition worst = UP;
        for (BufferPool pool : survey.polled()) {
            if (pool.isClosed()) {
                return new PoolsCondition(Level.OUT_OF_SERVICE, message("pool '%s' is closed", pool.name()));
            }
        }
        for (MemoryBudget root : survey.roots()) {
            worst = worse(worst, of(root, survey, thresholds));
        }
        return worst;
    }

    private static PoolsCondition of(MemoryBudget root, PoolsSurvey survey, Thresholds thresholds) {
        long pending = survey.sum(root, PoolStats::pending);
        if (pending >= thresholds.outOfServicePending()) {
            return waiting(Level.OUT_OF_SERVICE, root, pending, thresholds.outOfServicePending());
        }
        if (pending >= thresholds.degradedPending()) {
            return waiting(Level.DEGRADED, root, pending, thresholds.degradedPending());
        }
        long inUse = survey.sum(root, PoolStats::bytesInUse);
        if (root.limit() != Long.MAX_VALUE && inUse >= root.limit() * thresholds.degradedInUse()) {
            return new PoolsCondition(
                    Level.DEGRADED,
                    message(
                            "budget '%s' has %,d of its %,d bytes in use, a share of %.2f or more",
                            root.name(), inUse, root.limit(), thresholds.degradedInUse()));
        }
        return UP;
    }

    private static PoolsCondition waiting(Level level, MemoryBudget root, long pending, long threshold) {
        return new PoolsCondition(
                level,
                message("%,d requests wait for memory of budget '%s', %,d or more", pending, root.name(), threshold));
    }

    private static PoolsCondition worse(PoolsCondition one, PoolsCondition other) {
        return other.level.compareTo(one.level) > 0 ? other : one;
    }

    /** From which numbers on it is not up any more. */
    record Thresholds(double degradedInUse, long degradedPending, long outOfServicePending) {

        static Thresholds of(SluiceProperties properties) {
            SluiceProperties.Health health = properties.health();
            Integer outOfService = health.outOfServicePending();
            return new Thresholds(
                    health.degradedInUse(),
                    health.degradedPending(),
                    outOfService != null ? outOfService : Math.max(1, properties.maxPending()));
        }
    }
}
