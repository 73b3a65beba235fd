package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Idle memory really goes back to the system: after a burst and ten seconds of silence, the process is about as large
 * as it was before. What a JVM has in memory is the subject, so each case runs in a fresh one and on the real clock.
 * By default settings: on Java 17 to 21, the pool asks the collector.
 */
@EnabledOnOs(OS.LINUX)
class ResidentSetTest {

    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final long MOST_LEFT_KIB = 26 << 10;

    /** The heap is of one size and touched at the start, so that it does not count. */
    private static final List<String> JVM_OPTIONS =
            List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:MaxDirectMemorySize=1g");

    @Test
    void aBurstOf512MiBIsGoneTenSecondsLater() throws Exception {
        assertGoesBack(64 << 10, 512, 1);
    }

    /** The heap of a program that has work to do besides, and the collectors that are not the default here. */
    @Tag("long")
    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseG1GC -XX:+ExplicitGCInvokesConcurrent", "-XX:+UseParallelGC"})
    void soIsOneUnderOtherCollectors(String options) throws Exception {
        assertGoesBack(List.of(options.split(" ")), 64 << 10, 512, 1);
    }

    /** Slabs of one size become slabs of the other within the budget, without waiting for anybody. */
    @ParameterizedTest
    @CsvSource({"65536, 4096", "4096, 65536"})
    void aChangeOfSizeTakesNoMoreThanTheBudget(int first, int then) throws Exception {
        String output = ForkedJvm.run(ChangeProbe.class, JVM_OPTIONS, "" + first, "" + then);
        long[] idleAndPeakKib = Stream.of(output.lines()
                        .filter(line -> line.startsWith(Measured.MARK))
                        .findFirst()
                        .orElseThrow()
                        .substring(Measured.MARK.length())
                        .split(" "))
                .mapToLong(Long::parseLong)
                .toArray();
        long boundKib = ((ChangeProbe.BUDGET >> 10) + idleAndPeakKib[0]) * 11 / 10;
        assertThat(idleAndPeakKib[1])
                .as("resident in KiB, of which %d were before", idleAndPeakKib[0])
                .isBetween(ChangeProbe.BUDGET >> 10, boundKib);
    }

    @Tag("long")
    @ParameterizedTest
    @CsvSource({"65536, 512, 3", "4096, 256, 2", "1024, 256, 2", "1048576, 512, 2", "10000, 256, 2"})
    void soAreBurstsOfOtherSizesAndRepeatedOnes(int size, int burstMib, int bursts) throws Exception {
        assertGoesBack(size, burstMib, bursts);
    }

    private static void assertGoesBack(int size, int burstMib, int bursts) throws IOException, InterruptedException {
        assertGoesBack(List.of("-XX:+UseSerialGC"), size, burstMib, bursts);
    }

    private static void assertGoesBack(List<String> collector, int size, int burstMib, int bursts)
            throws IOException, InterruptedException {
        List<String> options =
                Stream.concat(JVM_OPTIONS.stream(), collector.stream()).toList();
        String output = ForkedJvm.run(Probe.class, options, "" + size, "" + burstMib, "" + bursts);
        List<Measured> measured = output.lines()
                .filter(line -> line.startsWith(Measured.MARK))
                .map(Measured::parse)
                .toList();
        assertThat(measured).as("bursts in%n%s", output).hasSize(bursts).allSatisfy(burst -> {
            assertThat(burst.peakKib).as("resident at the peak, in KiB").isGreaterThan((long) burstMib << 10);
            assertThat(burst.leftKib).as("resident after the silence, in KiB").isLessThanOrEqualTo(MOST_LEFT_KIB);
        });
    }

    /**
     * What one burst did to the resident set, beyond what was resident at the start.
     *
     * @param afterMillis when no more than allowed was left, or when the time was over
     */
    private record Measured(long peakKib, long leftKib, long afterMillis) {

        private static final String MARK = "measured ";

        static Measured parse(String line) {
            long[] numbers = Stream.of(line.substring(MARK.length()).split(" "))
                    .mapToLong(Long::parseLong)
                    .toArray();
            return new Measured(numbers[0], numbers[1], numbers[2]);
        }

        String format() {
            return MARK + peakKib + " " + leftKib + " " + afterMillis;
        }
    }

    /** The forked JVM's main class: bursts of buffers whose every page is touched, each followed by silence. */
    static final class Probe {

        private static final int PAGE_BYTES = 4 << 10;
        private static final byte[] STATM = new byte[256];

        private Probe() {}

        public static void main(String[] arguments) throws IOException {
            int size = Integer.parseInt(arguments[0]);
            int buffers = (int) (((long) Integer.parseInt(arguments[1]) << 20) / size);
            int bursts = Integer.parseInt(arguments[2]);
            BufferPool pool = BufferPool.builder().maxBytes(1L << 30).build();
            warmUp(pool, size);
            long start = residentKib();
            for (int i = 0; i < bursts; i++) {
                List<PooledBuffer> held = new ArrayList<>(buffers);
                while (held.size() < buffers) {
                    held.add(touched(pool.acquire(size)));
                }
                long peak = residentKib() - start;
                held.forEach(PooledBuffer::release);
                held.clear();
                System.out.println(silence(start, peak).format());
            }
        }

        static void warmUp(BufferPool pool, int size) {
            for (int i = 0; i < 10_000; i++) {
                touched(pool.acquire(size)).release();
            }
            pool.stats();
            pool.clear();
        }

        static PooledBuffer touched(PooledBuffer buffer) {
            ByteBuffer view = buffer.byteBuffer();
            for (int i = 0; i < view.limit(); i += PAGE_BYTES) {
                view.put(i, (byte) 1);
            }
            return buffer;
        }

        /** Looks until little enough is left or the time is over. */
        private static Measured silence(long startKib, long peakKib) throws IOException {
            long began = System.nanoTime();
            while (true) {
                long left = residentKib() - startKib;
                long waited = System.nanoTime() - began;
                if (left <= MOST_LEFT_KIB || waited >= SILENCE.toNanos()) {
                    return new Measured(peakKib, left, waited / 1_000_000);
                }
                LockSupport.parkNanos(100_000_000);
            }
        }

        /** Makes next to no garbage: a collection must not come from the measuring. */
        static long residentKib() throws IOException {
            try (FileInputStream file = new FileInputStream("/proc/self/statm")) {
                int length = file.read(STATM);
                long pages = 0;
                int i = 0;
                while (STATM[i] != ' ') {
                    i++;
                }
                for (i++; i < length && STATM[i] != ' '; i++) {
                    pages = 10 * pages + STATM[i] - '0';
                }
                return pages * (PAGE_BYTES >> 10);
            }
        }
    }

    /** The forked JVM's main class: fills a budget with buffers of one size, gives them back, then of another. */
    static final class ChangeProbe {

        static final long BUDGET = 256L << 20;

        private ChangeProbe() {}

        public static void main(String[] arguments) throws IOException {
            BufferPool pool = BufferPool.builder().maxBytes(BUDGET).build();
            for (String size : arguments) {
                Probe.warmUp(pool, Integer.parseInt(size));
            }
            long idle = Probe.residentKib();
            long peak = 0;
            for (String size : arguments) {
                List<PooledBuffer> held = new ArrayList<>();
                Optional<PooledBuffer> next = pool.tryAcquire(Integer.parseInt(size));
                while (next.isPresent()) {
                    held.add(Probe.touched(next.get()));
                    peak = Math.max(peak, held.size() % 1_000 == 0 ? Probe.residentKib() : 0);
                    next = pool.tryAcquire(Integer.parseInt(size));
                }
                peak = Math.max(peak, Probe.residentKib());
                held.forEach(PooledBuffer::release);
            }
            System.out.println(Measured.MARK + idle + " " + peak);
        }
    }
}
