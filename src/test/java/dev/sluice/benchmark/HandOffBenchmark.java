package dev.sluice.benchmark;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jctools.queues.SpscArrayQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/** One thread acquires and fills, another touches and releases; a queue of 32 places lies between. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(4)
@State(Scope.Group)
public class HandOffBenchmark {

    private static final int PLACES = 32;
    private static final int SPINS = 1_000;

    @Param({"sluice", "queue", "nettyPooled", "nettyAdaptive", "jetty", "undertow", "commonsPool", "reactorPool"})
    public String peer;

    @Param("65536")
    public int size;

    private Peer<Object> pool;
    private final SpscArrayQueue<Object> between = new SpscArrayQueue<>(PLACES);

    @Setup
    @SuppressWarnings("unchecked")
    public void setUp() {
        pool = (Peer<Object>) Peer.of(peer, size);
        // As after a busier time: every pool has 64 buffers at hand, like the queue.
        Object[] buffers = new Object[64];
        Arrays.setAll(buffers, i -> pool.acquire(size));
        for (Object buffer : buffers) {
            pool.release(buffer);
        }
    }

    @TearDown
    public void drain() {
        between.drain(pool::release);
    }

    @Benchmark
    @Group("handOff")
    public void acquire(Control control) {
        Object buffer = pool.acquire(size);
        for (int tries = 0; !between.offer(buffer); tries++) {
            if (control.stopMeasurement) {
                pool.release(buffer);
                return;
            }
            pause(tries);
        }
    }

    @Benchmark
    @Group("handOff")
    public void release(Control control) {
        Object buffer = between.poll();
        for (int tries = 0; buffer == null; tries++) {
            if (control.stopMeasurement) {
                return;
            }
            pause(tries);
            buffer = between.poll();
        }
        pool.release(buffer);
    }

    /** Yields at last: where there is no core for the other thread, it would wait for the end of a time slice. */
    private static void pause(int tries) {
        if (tries < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }
}
