package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.micrometer.PoolMetrics;
import io.micrometer.core.instrument.MeterRegistry;

/** The code of {@code docs/metrics.md}. */
final class MetricsSnippets {

    private MetricsSnippets() {}

    static BufferPool binding(MeterRegistry registry) {
        // tag::binding
        BufferPool pool =
                BufferPool.builder().name("uploads").maxBytes(256L << 20).build();
        PoolMetrics.of(pool).bindTo(registry);
        // end::binding
        return pool;
    }
}
