package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Mono;
import reactor.pool.InstrumentedPool;
import reactor.pool.PoolBuilder;
import reactor.pool.PooledRef;

/**
 * An exhausted pool of four buffers and a hundred waiters: each that is granted a buffer asks for the next one, then releases
 * what it has. The time is that of one grant; beside it stand the median and the 99th percentile of
 * the wait, and how often the waiters were served that were served most and least.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(2)
@State(Scope.Benchmark)
public class WaitersBenchmark {

    private static final int BUFFERS = 4;
    private static final int WAITERS = 100;
    private static final int GRANTS = 200_000;
    private static final int SIZE = 1024;

    @Param({"sluice", "reactorPool"})
    public String peer;

    private Line line;

    @Setup(Level.Trial)
    public void setUp() {
        line = peer.equals("sluice") ? new SluiceLine() : new ReactorPoolLine();
    }

    /** What the line of waiters saw, in the last round. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Waits {

        private long[] nanos = new long[0];
        private int[] grants = new int[0];

        public double waitMedianNanos() {
            return nanos.length == 0 ? 0 : nanos[nanos.length / 2];
        }

        public double waitP99Nanos() {
            return nanos.length == 0 ? 0 : nanos[(int) (nanos.length * 0.99)];
        }

        public double mostGrantsOverFewest() {
            int fewest = Arrays.stream(grants).min().orElse(1);
            return (double) Arrays.stream(grants).max().orElse(0) / Math.max(1, fewest);
        }
    }

    @Benchmark
    @OperationsPerInvocation(GRANTS)
    public void grant(Waits waits) throws InterruptedException {
        Round round = new Round();
        round.run(line);
        waits.nanos = round.nanos;
        waits.grants = round.grants();
        Arrays.sort(waits.nanos);
    }

    /** Asks a pool for a buffer; the callback gets what releases it. */
    private interface Line {
        void ask(Consumer<Runnable> granted);
    }

    private static final class SluiceLine implements Line {

        private final BufferPool pool = BufferPool.withMaxBuffers(BUFFERS);

        @Override
        public void ask(Consumer<Runnable> granted) {
            pool.request(SIZE).thenAccept((PooledBuffer buffer) -> granted.accept(buffer::release));
        }
    }

    private static final class ReactorPoolLine implements Line {

        private final InstrumentedPool<ByteBuffer> pool = PoolBuilder.from(
                        Mono.fromCallable(() -> ByteBuffer.allocateDirect(SIZE)))
                .sizeBetween(0, BUFFERS)
                .buildPool();

        @Override
        public void ask(Consumer<Runnable> granted) {
            pool.acquire()
                    .subscribe((PooledRef<ByteBuffer> buffer) ->
                            granted.accept(() -> buffer.release().subscribe()));
        }
    }

    private static final class Round {

        private final long[] nanos = new long[GRANTS];
        private final AtomicInteger granted = new AtomicInteger();
        private final CountDownLatch allBack = new CountDownLatch(WAITERS);
        private final List<Waiter> waiters = new ArrayList<>();

        void run(Line line) throws InterruptedException {
            for (int i = 0; i < WAITERS; i++) {
                waiters.add(new Waiter(this, line));
            }
            List<Runnable> all = new ArrayList<>();
            for (int i = 0; i < BUFFERS; i++) {
                line.ask(all::add);
            }
            waiters.forEach(Waiter::ask);
            all.forEach(Runnable::run);
            allBack.await();
        }

        int[] grants() {
            return waiters.stream().mapToInt(waiter -> waiter.grants).toArray();
        }
    }

    private static final class Waiter {

        private final Round round;
        private final Line line;
        private int grants;
        private long asked;

        Waiter(Round round, Line line) {
            this.round = round;
            this.line = line;
        }

        void ask() {
            asked = System.nanoTime();
            line.ask(this::granted);
        }

        private void granted(Runnable release) {
            int grant = round.granted.getAndIncrement();
            if (grant >= GRANTS) {
                release.run();
                round.allBack.countDown();
                return;
            }
            round.nanos[grant] = System.nanoTime() - asked;
            grants++;
            ask();
            release.run();
        }
    }
}
