package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolBuilder;
import dev.sluice.LeakDetection;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
import dev.sluice.micrometer.PoolMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to be watched: acquire, touch the first and the last byte, release. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@State(Scope.Benchmark)
public class MetricsBenchmark {

    /**
     * {@code off}: no lease is watched and nobody listens. {@code reports}: one lease in 1,024 is watched, and somebody
     * listens to all events. {@code micrometer}: one in 1,024 is watched, and the meters are bound.
     */
    @Param({"off", "reports", "micrometer"})
    public String watching;

    @Param("65536")
    public int size;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private BufferPool pool;

    @Setup
    public void setUp() {
        BufferPoolBuilder builder = BufferPool.builder().name("benchmark").maxBytes(64 << 20);
        switch (watching) {
            case "off" -> pool = builder.leakDetection(LeakDetection.OFF).build();
            case "reports" -> {
                pool = builder.leakDetection(LeakDetection.SAMPLED)
                        .onLeak(report -> {})
                        .build();
                pool.addListener(new PoolListener() {});
            }
            case "micrometer" -> {
                pool = builder.leakDetection(LeakDetection.SAMPLED).build();
                PoolMetrics.of(pool).bindTo(registry);
            }
            default -> throw new IllegalArgumentException(watching);
        }
    }

    @TearDown
    public void tearDown() {
        if (pool.stats().buffersInUse() != 0) {
            throw new IllegalStateException("leases are left: " + pool);
        }
        pool.close();
        registry.close();
    }

    @Benchmark
    @Threads(1)
    public byte oneThread() {
        return use();
    }

    @Benchmark
    @Threads(2)
    public byte twoThreads() {
        return use();
    }

    private byte use() {
        try (PooledBuffer buffer = pool.acquire(size)) {
            buffer.byteBuffer().put(0, (byte) 1).put(size - 1, (byte) 2);
            return buffer.byteBuffer().get(0);
        }
    }
}
