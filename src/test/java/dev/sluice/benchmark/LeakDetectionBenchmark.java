package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolBuilder;
import dev.sluice.LeakDetection;
import dev.sluice.PoolListener;
import dev.sluice.PooledBuffer;
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

/** What each level of leak detection costs a lease: without a holder, with one, and for a part; and at some stack depth. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
@State(Scope.Benchmark)
public class LeakDetectionBenchmark {

    private static final int SIZE = 4_096;
    private static final Object HOLDER = "the holder";

    @Param({"OFF", "SAMPLED", "EVERY"})
    public LeakDetection level;

    /** Whether somebody listens, who is told of each watched lease that is released. */
    @Param("false")
    public boolean listening;

    /** Frames above the caller, which a lease without a holder remembers if it is watched. */
    @Param("20")
    public int depth;

    private BufferPool pool;

    @Setup
    public void setUp() {
        BufferPoolBuilder builder = BufferPool.builder().leakDetection(level);
        pool = listening ? builder.listener(new PoolListener() {}).build() : builder.build();
    }

    @TearDown
    public void tearDown() {
        pool.close();
    }

    private byte atDepth(int frames) {
        return frames == 0 ? use(pool.acquire(SIZE)) : atDepth(frames - 1);
    }

    private static byte use(PooledBuffer buffer) {
        try (buffer) {
            buffer.byteBuffer().put(0, (byte) 1);
            return buffer.byteBuffer().get(SIZE - 1);
        }
    }

    @Benchmark
    @Threads(1)
    public byte acquire() {
        return use(pool.acquire(SIZE));
    }

    @Benchmark
    @Threads(2)
    public byte acquireOnTwoThreads() {
        return use(pool.acquire(SIZE));
    }

    @Benchmark
    @Threads(1)
    public byte acquireInADeepStack() {
        return atDepth(depth);
    }

    @Benchmark
    @Threads(1)
    public byte acquireForAHolder() {
        return use(pool.acquire(SIZE, HOLDER));
    }

    @Benchmark
    @Threads(1)
    public byte slice() {
        try (PooledBuffer buffer = pool.acquire(SIZE, HOLDER)) {
            buffer.slice(0, 100).release();
            return buffer.byteBuffer().get(0);
        }
    }
}
