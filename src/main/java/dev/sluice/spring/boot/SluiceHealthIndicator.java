package dev.sluice.spring.boot;

import dev.sluice.PoolStats;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** The health of the pools: up, {@code DEGRADED} or out of service, with the numbers that say so. */
final class SluiceHealthIndicator extends AbstractHealthIndicator {

    private final PoolsInUse pools;
    private final PoolsCondition.Thresholds thresholds;

    SluiceHealthIndicator(PoolsInUse pools, PoolsCondition.Thresholds thresholds) {
        super("the pools did not answer");
        this.pools = pools;
        this.thresholds = thresholds;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        PoolsSurvey survey = pools.survey();
        PoolsCondition condition = PoolsCondition.of(survey, thresholds);
        builder.status(condition.level().name());
        if (condition.reason() != null) {
            builder.withDetail("reason", condition.reason());
        }
        builder.withDetail(
                        "budgets",
                        survey.tree().stream()
                                .map(SluiceHealthIndicator::numbers)
                                .toList())
                .withDetail("pending", survey.total(PoolStats::pending))
                .withDetail("demandBytes", survey.total(PoolStats::demandBytes))
                .withDetail("lost", survey.total(PoolStats::lost));
    }

    private static Map<String, Object> numbers(SluiceDescriptor.Budget budget) {
        Map<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("name", budget.name());
        if (budget.limitBytes() != null) {
            numbers.put("limitBytes", budget.limitBytes());
        }
        numbers.put("usedBytes", budget.usedBytes());
        numbers.put("inUseBytes", budget.inUseBytes());
        numbers.put("idleBytes", budget.idleBytes());
        numbers.put("pending", budget.pending());
        return numbers;
    }
}
