package dev.sluice.benchmark;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Acquire, touch the first and the last byte, release: on a thousand virtual threads, each of which does it a hundred times
 * in a row and then lets others run. All processors work at once: the time is what all took together, divided by how many
 * were done. From Java 21 on.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
@State(Scope.Benchmark)
public class VirtualThreadsBenchmark {

    private static final int THREADS = 1_000;
    private static final int TURNS = 10;
    private static final int IN_A_ROW = 100;

    @Param({"sluice", "queue", "nettyPooled", "nettyAdaptive", "jetty", "undertow"})
    public String peer;

    @Param("65536")
    public int size;

    private ThreadFactory virtual;
    private Peer<Object> pool;

    /** The build is for Java 17. */
    @Setup
    @SuppressWarnings("unchecked")
    public void setUp() throws ReflectiveOperationException {
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        virtual = (ThreadFactory)
                Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
        pool = (Peer<Object>) Peer.of(peer, size);
    }

    @Benchmark
    @OperationsPerInvocation(THREADS * TURNS * IN_A_ROW)
    public void thousandThreads() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(THREADS);
        for (int i = 0; i < THREADS; i++) {
            virtual.newThread(() -> {
                        takeTurns();
                        done.countDown();
                    })
                    .start();
        }
        done.await();
    }

    private void takeTurns() {
        for (int turn = 0; turn < TURNS; turn++) {
            for (int i = 0; i < IN_A_ROW; i++) {
                pool.release(pool.acquire(size));
            }
            Thread.yield();
        }
    }
}
