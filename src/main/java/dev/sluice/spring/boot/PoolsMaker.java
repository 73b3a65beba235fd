package dev.sluice.spring.boot;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolBuilder;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolListener;
import java.util.stream.Stream;

/** Makes pools as the properties say. */
final class PoolsMaker {

    private PoolsMaker() {}

    static BufferPool on(
            MemoryBudget budget, String name, SluiceProperties properties, Stream<PoolListener> listeners) {
        BufferPoolBuilder builder = BufferPool.builder()
                .name(name)
                .budget(budget)
                .direct(properties.direct())
                .leakDetection(properties.leakDetection())
                .shrinkInterval(properties.shrinkInterval())
                .minIdleBytes(properties.minIdleBytes().toBytes())
                .collectInSilence(properties.collectInSilence())
                .maxPending(properties.maxPending());
        listeners.forEach(builder::listener);
        Integer maxBuffers = properties.maxBuffersPerSize();
        return (maxBuffers == null ? builder : builder.maxBuffersPerSize(maxBuffers)).build();
    }
}
