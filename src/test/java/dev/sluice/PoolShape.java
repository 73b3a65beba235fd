package dev.sluice;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * One configuration of a pool for the contract tests.
 *
 * @param crowded whether somebody waits under a bound that has nothing to do with the pool, so that every acquire and
 *     every release takes the careful path
 */
record PoolShape(boolean direct, Bound bound, boolean crowded, LeakDetection leakDetection) {

    static final int MAX_BUFFERS = 16;
    static final long MAX_BYTES = 8 << 20;

    /** How a pool is bounded. */
    enum Bound {
        DEFAULT,
        MAX_BUFFERS,
        MAX_BYTES,
        BUFFERS_AND_BYTES,
        SHARED_BUDGET,
        NESTED_BUDGET;

        private BufferPoolBuilder apply(BufferPoolBuilder builder) {
            return switch (this) {
                case DEFAULT -> builder;
                case MAX_BUFFERS -> builder.maxBuffersPerSize(PoolShape.MAX_BUFFERS);
                case MAX_BYTES -> builder.maxBytes(PoolShape.MAX_BYTES);
                case BUFFERS_AND_BYTES ->
                    builder.maxBytes(PoolShape.MAX_BYTES).maxBuffersPerSize(PoolShape.MAX_BUFFERS);
                case SHARED_BUDGET -> builder.budget(MemoryBudget.of(PoolShape.MAX_BYTES));
                case NESTED_BUDGET ->
                    builder.budget(MemoryBudget.of(4 * PoolShape.MAX_BYTES)
                            .child("division", 2 * PoolShape.MAX_BYTES)
                            .child("tenant", PoolShape.MAX_BYTES));
            };
        }
    }

    static Stream<PoolShape> all() {
        return Stream.of(true, false)
                .flatMap(direct -> Arrays.stream(Bound.values())
                        .flatMap(bound -> Stream.of(false, true)
                                .flatMap(crowded -> Arrays.stream(LeakDetection.values())
                                        .map(leaks -> new PoolShape(direct, bound, crowded, leaks)))));
    }

    /** Those that differ in the memory and in what a lease is, for tests on which bounds have no influence. */
    static List<PoolShape> uncrowded(Bound bound) {
        return all().filter(shape -> shape.bound == bound && !shape.crowded).toList();
    }

    BufferPoolBuilder builder() {
        return bound.apply(BufferPool.builder().name("contract").direct(direct).leakDetection(leakDetection));
    }

    @Override
    public String toString() {
        return "%s, %s, %s, leaks %s"
                .formatted(direct ? "direct" : "heap", bound, crowded ? "others wait" : "nobody waits", leakDetection);
    }
}
