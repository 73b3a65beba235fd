package dev.sluice;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a pool, checked.
 *
 * @param memory allocates the slabs
 * @param collector asks for a collection, or says that it may not now; null if the pool asks for none
 * @param shared whether it is one of {@link BufferPools}
 */
record PoolConfig(
        String name,
        MemoryBudget budget,
        int maxBuffersPerSize,
        boolean direct,
        SlabMemory.Source memory,
        @Nullable BooleanSupplier collector,
        long minIdleBytes,
        int maxPending,
        LeakDetection leakDetection,
        @Nullable Consumer<LeakReport> onLeak,
        List<PoolListener> listeners,
        PoolClock clock,
        long shrinkIntervalNanos,
        boolean shared) {

    /** One lease in so many of each slot is watched when watching is sampled: a power of two. */
    private static final long SAMPLED_ONE_IN = 1_024;

    /** The bits of a slot's state that are zero in a sampled lease. */
    long sampleMask() {
        return (SAMPLED_ONE_IN - 1) << Slot.GENERATION_SHIFT;
    }
}
