package dev.sluice.benchmark;

import java.util.Arrays;
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
import org.openjdk.jmh.annotations.Warmup;

/** Acquire, touch and release one more buffer while few or very many are in flight. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
@State(Scope.Benchmark)
public class ManyInFlightBenchmark {

    @Param({"16", "65536"})
    public int inFlight;

    @Param("1024")
    public int size;

    private Peer<Object> pool;
    private Object[] held;

    @Setup
    @SuppressWarnings("unchecked")
    public void setUp() {
        pool = (Peer<Object>) Peer.of("sluice", size);
        held = new Object[inFlight];
        Arrays.setAll(held, i -> pool.acquire(size));
    }

    @TearDown
    public void release() {
        for (Object buffer : held) {
            pool.release(buffer);
        }
    }

    @Benchmark
    public void oneMore() {
        pool.release(pool.acquire(size));
    }
}
