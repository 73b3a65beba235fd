package dev.sluice.spring.boot;

import dev.sluice.MemoryBudget;
import dev.sluice.PoolStats;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** The health of the pools: up, {@code DEGRADED} or out of service, with the numbers that say so. */
final class SluiceHealthIndicator extends AbstractHealthIndicator {

    private final PoolsInUse pools;
    private final Condition.Thresholds thresholds;

    SluiceHealthIndicator(PoolsInUse pools, Condition.Thresholds thresholds) {
        super("the pools did not answer");
        this.pools = pools;
        this.thresholds = thresholds;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        Survey survey = pools.survey();
        Condition condition = Condition.of(survey, thresholds);
        builder.status(condition.level().name());
        if (condition.reason() != null) {
            builder.withDetail("reason", condition.reason());
        }
        long limit = survey.roots().stream().mapToLong(MemoryBudget::limit).reduce(0, SluiceHealthIndicator::capped);
        if (limit != Long.MAX_VALUE) {
            builder.withDetail("limitBytes", limit);
        }
        builder.withDetail(
                        "usedBytes",
                        survey.roots().stream().mapToLong(MemoryBudget::used).sum())
                .withDetail("inUseBytes", survey.total(PoolStats::bytesInUse))
                .withDetail("idleBytes", survey.total(PoolStats::idleBytes))
                .withDetail("pending", survey.total(PoolStats::pending))
                .withDetail("demandBytes", survey.total(PoolStats::demandBytes))
                .withDetail("lost", survey.total(PoolStats::lost));
    }

    private static long capped(long one, long other) {
        return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
    }
}
