package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Idle memory really goes back to the system: after a burst and ten seconds of silence, the process is about as large
 * as it was before. What a JVM has in memory is the subject, so each case runs in a fresh one and on the real clock.
 *
 * <p>By default settings from Java 22 on; before, the pool must be allowed to free at once.
 */
@EnabledOnOs(OS.LINUX)
class ResidentSetTest {

    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final long MOST_LEFT_KIB = 26 << 10;

    /** The heap is of one size and touched at the start, so that it does not count. */
    private static final List<String> JVM_OPTIONS =
            List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g");

    @Test
    void aBurstOf512MiBIsGoneTenSecondsLater() throws Exception {
        assertGoesBack(64 << 10, 512, 1);
    }

    @Tag("long")
    @ParameterizedTest
    @CsvSource({"65536, 512, 3", "4096, 256, 2", "1024, 256, 2", "1048576, 512, 2", "10000, 256, 2"})
    void soAreBurstsOfOtherSizesAndRepeatedOnes(int size, int burstMib, int bursts) throws Exception {
        assertGoesBack(size, burstMib, bursts);
    }

    private static void assertGoesBack(int size, int burstMib, int bursts) throws IOException, InterruptedException {
        String output = ForkedJvm.run(Probe.class, JVM_OPTIONS, "" + size, "" + burstMib, "" + bursts);
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

        private Probe() {}

        public static void main(String[] arguments) throws IOException {
            int size = Integer.parseInt(arguments[0]);
            int buffers = (int) (((long) Integer.parseInt(arguments[1]) << 20) / size);
            int bursts = Integer.parseInt(arguments[2]);
            BufferPool pool = BufferPool.builder()
                    .maxBytes(1L << 30)
                    .unsafeFree(Runtime.version().feature() < 22)
                    .build();
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

        private static void warmUp(BufferPool pool, int size) {
            for (int i = 0; i < 10_000; i++) {
                touched(pool.acquire(size)).release();
            }
            pool.stats();
            pool.clear();
        }

        private static PooledBuffer touched(PooledBuffer buffer) {
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
                LockSupport.parkNanos(50_000_000);
            }
        }

        private static long residentKib() throws IOException {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
