package dev.sluice.spring.boot;

import dev.sluice.spring.BufferLimits;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.lang.management.RuntimeMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.util.unit.DataSize;

/** The actuator endpoint {@code sluice}: what budgets and pools hold now, in JSON. Reading it changes nothing. */
@Endpoint(id = "sluice")
public final class SluiceEndpoint {

    private final SluiceProperties properties;
    private final PoolsInUse pools;

    SluiceEndpoint(SluiceProperties properties, PoolsInUse pools) {
        this.properties = properties;
        this.pools = pools;
    }

    /**
     * Looks at everything once.
     *
     * @return what is so now
     */
    @ReadOperation
    public SluiceDescriptor sluice() {
        PoolsSurvey survey = pools.survey();
        List<SluiceDescriptor.Pool> described = survey.pools();
        PoolsCondition condition = PoolsCondition.of(survey, PoolsCondition.Thresholds.of(properties));
        return new SluiceDescriptor(
                Instant.now(),
                new SluiceDescriptor.Health(condition.level().name(), condition.reason()),
                exhaustion(),
                process(),
                survey.tree(),
                described,
                survey.totals(described),
                PoolsHolders.of(survey.polled()));
    }

    private SluiceDescriptor.Exhaustion exhaustion() {
        SluiceProperties.Exhaustion exhaustion = properties.exhaustion();
        return new SluiceDescriptor.Exhaustion(
                exhaustion.policy().name(),
                deadlineMillis(exhaustion),
                exhaustion.retryAfter().toSeconds(),
                bytes(properties.maxBodyBytes()));
    }

    private static @Nullable Long deadlineMillis(SluiceProperties.Exhaustion exhaustion) {
        if (exhaustion.policy() != SluiceProperties.Policy.DEADLINE) {
            return null;
        }
        Duration set = exhaustion.deadline();
        return (set == null ? BufferLimits.DEFAULTS.maxWait() : set).toMillis();
    }

    private static @Nullable Long bytes(@Nullable DataSize size) {
        return size == null ? null : size.toBytes();
    }

    private static SluiceDescriptor.ProcessMemory process() {
        RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return new SluiceDescriptor.ProcessMemory(
                runtime.getPid(),
                runtime.getUptime(),
                PoolsJvmMemory.residentBytes(),
                heap.getUsed(),
                heap.getCommitted(),
                PoolsJvmMemory.maxHeapBytes(),
                PoolsJvmMemory.usedDirectBytes(),
                PoolsJvmMemory.maxDirectBytes());
    }
}
