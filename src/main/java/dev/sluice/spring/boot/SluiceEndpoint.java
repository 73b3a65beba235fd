package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
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

    private static final int DEFAULT_POOLS = 100;
    private static final int MAX_POOLS = 1000;

    private final SluiceProperties properties;
    private final PoolsInUse pools;

    SluiceEndpoint(SluiceProperties properties, PoolsInUse pools) {
        this.properties = properties;
        this.pools = pools;
    }

    /**
     * Looks at everything once, and describes the first 100 pools.
     *
     * @return what is so now
     */
    public SluiceDescriptor sluice() {
        return sluice(null, null);
    }

    /**
     * Looks at everything once, and describes some of the pools. Health, totals and the budgets at the top are those of
     * all.
     *
     * @param offset how many pools to skip, at least 0; null: none
     * @param count how many to describe, from 1 to 1,000; null: 100
     * @return what is so now
     */
    @ReadOperation
    public SluiceDescriptor sluice(@Nullable Integer offset, @Nullable Integer count) {
        int skipped = offset == null ? 0 : Math.max(0, offset);
        int most = count == null ? DEFAULT_POOLS : Math.max(1, Math.min(count, MAX_POOLS));
        PoolsSurvey survey = pools.survey();
        List<BufferPool> page =
                survey.polled().stream().skip(skipped).limit(most).toList();
        PoolsCondition condition = PoolsCondition.of(survey, PoolsCondition.Thresholds.of(properties));
        return new SluiceDescriptor(
                Instant.now(),
                new SluiceDescriptor.Health(condition.level().name(), condition.reason()),
                exhaustion(),
                process(),
                survey.tree(page),
                survey.pools(page),
                new SluiceDescriptor.Page(skipped, page.size(), survey.polled().size()),
                survey.totals(),
                PoolsHolders.of(page));
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
        return exhaustion.waiting().limit().map(Duration::toMillis).orElse(null);
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
