package dev.sluice.benchmark;

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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Acquire, touch the first and the last byte, release: on one thread, on two at once, and with sixteen in flight. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
@State(Scope.Benchmark)
public class PoolBenchmark {

    @Param({"sluice", "queue", "nettyPooled", "nettyAdaptive", "jetty", "undertow", "commonsPool", "reactorPool"})
    public String peer;

    @Param("65536")
    public int size;

    private Peer<Object> pool;

    @Setup
    @SuppressWarnings("unchecked")
    public void setUp() {
        pool = (Peer<Object>) Peer.of(peer, size);
    }

    @Benchmark
    @Threads(1)
    public void oneThread() {
        pool.release(pool.acquire(size));
    }

    @Benchmark
    @Threads(2)
    public void twoThreads() {
        pool.release(pool.acquire(size));
    }

    @Benchmark
    @Threads(1)
    public void sixteenInFlight(InFlight inFlight) {
        inFlight.exchange(pool, size);
    }

    /** Sixteen buffers, of which the oldest is returned before a new one is acquired. */
    @State(Scope.Thread)
    public static class InFlight {

        private final Object[] buffers = new Object[16];
        private int oldest;

        void exchange(Peer<Object> pool, int size) {
            Object buffer = buffers[oldest];
            if (buffer != null) {
                pool.release(buffer);
            }
            buffers[oldest] = pool.acquire(size);
            oldest = (oldest + 1) & (buffers.length - 1);
        }
    }
}
