package dev.sluice.testing;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PoolClock;

/** The values of a {@link TestPool}. */
record TestPoolSettings(String name, long maxBytes, int maxBuffersPerSize, boolean direct, boolean virtualTime) {

    static final TestPoolSettings DEFAULT = new TestPoolSettings("pool", 64 << 20, Integer.MAX_VALUE, true, false);

    static TestPoolSettings of(TestPool annotation) {
        return new TestPoolSettings(
                annotation.value(),
                annotation.maxBytes(),
                annotation.maxBuffersPerSize(),
                annotation.direct(),
                annotation.virtualTime());
    }

    /** Whether only the name was chosen. */
    boolean isDefault() {
        return new TestPoolSettings(DEFAULT.name, maxBytes, maxBuffersPerSize, direct, virtualTime).equals(DEFAULT);
    }

    BufferPool make(PoolClock clock) {
        return BufferPool.builder()
                .name(name)
                .maxBytes(maxBytes)
                .maxBuffersPerSize(maxBuffersPerSize)
                .direct(direct)
                .leakDetection(LeakDetection.EVERY)
                .clock(clock)
                .build();
    }
}
