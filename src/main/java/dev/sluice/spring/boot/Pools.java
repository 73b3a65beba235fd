package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolBuilder;
import dev.sluice.MemoryBudget;

/** Makes pools as the properties say. */
final class Pools {

    private Pools() {}

    static BufferPool on(MemoryBudget budget, String name, SluiceProperties properties) {
        BufferPoolBuilder builder = BufferPool.builder()
                .name(name)
                .budget(budget)
                .direct(properties.direct())
                .leakDetection(properties.leakDetection())
                .shrinkInterval(properties.shrinkInterval())
                .minIdleBytes(properties.minIdleBytes().toBytes())
                .maxPending(properties.maxPending());
        Integer maxBuffers = properties.maxBuffersPerSize();
        return (maxBuffers == null ? builder : builder.maxBuffersPerSize(maxBuffers)).build();
    }
}
