package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A program: what a thread that has nothing to do with the pool feels of 512 MiB in buffers of 4 KiB that go back to the
 * system. The thread computes and looks at the clock; its speed and its longest gap while memory goes back stand beside
 * those of ten seconds in which nothing goes, several times in turn. Sources of gaps besides: the machine and the
 * scheduler, which the row of nothing shows.
 *
 * <p>Arguments: the rounds, 3 by default; {@code heap} for heap memory.
 */
final class GoingBack {

    private static final int BUFFER_BYTES = 4 << 10;
    private static final int BUFFERS = (512 << 20) / BUFFER_BYTES;
    private static final long NOTHING_MILLIS = 8_000;
    private static final int WORK = 1_000;

    private GoingBack() {}

    /** The thread that has nothing to do with the pool. */
    private static final class Busy extends Thread {

        private volatile long works;
        private volatile long longestGapNanos;
        private volatile long result;
        private volatile boolean ends;

        @Override
        public void run() {
            long x = 1;
            long done = 0;
            long last = System.nanoTime();
            while (!ends) {
                for (int i = 0; i < WORK; i++) {
                    x = x * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
                }
                long now = System.nanoTime();
                if (now - last > longestGapNanos) {
                    longestGapNanos = now - last;
                }
                last = now;
                works = ++done;
            }
            result = x;
        }
    }

    /** How fast the thread was, and when it stood still for longest. */
    private record Felt(double worksPerMilli, double longestGapMillis, double seconds) {}

    public static void main(String[] arguments) {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
        boolean direct = arguments.length < 2;
        BufferPool pool = BufferPool.builder().maxBytes(1L << 30).direct(direct).build();
        Busy busy = new Busy();
        busy.start();
        burst(pool);
        waitUntilGone(pool);
        System.out.printf(
                Locale.ROOT,
                "512 MiB in buffers of %,d bytes go back, %s memory, Java %s:%n%n"
                        + "| round | speed beside nothing | longest gap, ms | of nothing, ms | went in, s |%n"
                        + "|---|---|---|---|---|%n",
                BUFFER_BYTES,
                direct ? "direct" : "heap",
                System.getProperty("java.version"));
        for (int round = 1; round <= rounds; round++) {
            Felt nothing = felt(busy, () -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(NOTHING_MILLIS)));
            burst(pool);
            Felt going = felt(busy, () -> waitUntilGone(pool));
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %.3f | %.2f | %.2f | %.1f |%n",
                    round,
                    going.worksPerMilli / nothing.worksPerMilli,
                    going.longestGapMillis,
                    nothing.longestGapMillis,
                    going.seconds);
        }
        busy.ends = true;
    }

    private static Felt felt(Busy busy, Runnable meanwhile) {
        long works = busy.works;
        busy.longestGapNanos = 0;
        long start = System.nanoTime();
        meanwhile.run();
        double millis = (System.nanoTime() - start) / 1e6;
        return new Felt((busy.works - works) / millis, busy.longestGapNanos / 1e6, millis / 1e3);
    }

    private static void burst(BufferPool pool) {
        List<PooledBuffer> held = new ArrayList<>(BUFFERS);
        for (int i = 0; i < BUFFERS; i++) {
            PooledBuffer buffer = pool.acquire(BUFFER_BYTES);
            buffer.byteBuffer().put(0, (byte) 1);
            held.add(buffer);
        }
        held.forEach(PooledBuffer::release);
    }

    /** Until a 32nd of it is left: the rest takes as long again, and does not matter. */
    private static void waitUntilGone(BufferPool pool) {
        while (pool.stats().idleBytes() > 16 << 20) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }
}
