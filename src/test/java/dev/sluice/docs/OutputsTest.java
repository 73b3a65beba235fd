package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolBuilder;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.testing.VirtualPoolClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keeps the outputs that {@code docs/events.md} and {@code docs/leaks.md} show as they are printed: each block below a
 * comment {@code <!-- output: name -->}. The code beside them is run here, too.
 */
class OutputsTest {

    private static final Path EVENTS = Path.of("docs", "events.md");
    private static final Path LEAKS = Path.of("docs", "leaks.md");
    private static final String COMMENT = "<!-- output: %s -->";

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final BlockingQueue<LeakReport> reports = new LinkedBlockingQueue<>();

    @TempDir
    Path directory;

    private static String shown(Path page, String name) throws IOException {
        return DocsTest.blocksOf(page).stream()
                .filter(block -> block.above().equals(COMMENT.formatted(name)))
                .map(DocsTest.Block::content)
                .findFirst()
                .orElse("no block below " + COMMENT.formatted(name));
    }

    private BufferPoolBuilder uploads() {
        return BufferPool.builder()
                .name("uploads")
                .maxBytes(1 << 20)
                .clock(clock)
                .shrinkInterval(Duration.ofMinutes(1))
                .leakDetection(LeakDetection.EVERY)
                .onLeak(reports::add);
    }

    @Test
    void events() throws Exception {
        BufferPool pool = uploads().build();
        Queue<String> log = new ConcurrentLinkedQueue<>();
        EventsSnippets.everything(pool, log, () -> {
            EventsSnippets.scene(pool, clock);
            eventually(() ->
                    log.stream().filter(line -> line.startsWith("Weighed")).count() == 2);
        });
        assertThat(shown(EVENTS, "events")).isEqualTo(sinceStart(String.join("\n", log)));
        pool.close();
    }

    /** The clock of the tests begins near the end of all numbers; the page shows one that began at zero. */
    private String sinceStart(String log) {
        long start = clock.nanoTime() - clock.elapsed().toNanos();
        return Pattern.compile("(?<=nanoTime=)-?\\d+")
                .matcher(log)
                .replaceAll(time -> String.valueOf(Long.parseLong(time.group()) - start));
    }

    @Test
    void listener() {
        LongAdder late = new LongAdder();
        BufferPool pool = EventsSnippets.listener(uploads(), late);
        EventsSnippets.scene(pool, clock);
        eventually(() -> late.sum() == 1);
        pool.close();
    }

    @Test
    void recording() throws Exception {
        // A recording is of the whole JVM, where dropped pools of other tests are called "uploads" too.
        BufferPool pool = uploads().name("recorded").build();
        Path file = directory.resolve("sluice.jfr");
        EventsSnippets.recording(file, Path.of("docs", "sluice.jfc"), () -> EventsSnippets.scene(pool, clock));
        pool.close();
        List<RecordedEvent> recorded = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("dev.sluice."))
                .filter(event -> event.getString("pool").equals("recorded"))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
        assertThat(recorded)
                .extracting(event -> event.getEventType().getName().replace("dev.sluice.", ""))
                .containsExactly(
                        "SlabMade",
                        "Wait",
                        "Timeout",
                        "Refusal",
                        "Reclaim",
                        "SlabFreed",
                        "SlabMade",
                        "Wait",
                        "Shrink",
                        "SlabFreed",
                        "Shrink");
        String printed = recorded.stream()
                .filter(event -> event.getEventType().getName().matches("dev.sluice.(Wait|Shrink)"))
                .filter(event -> event.hasField("end")
                        ? event.getString("end").equals("GRANTED")
                        : event.getLong("givenBack") > 0)
                .map(event -> event.toString()
                        .replaceAll("startTime = .*", "startTime = ...")
                        .replaceAll("eventThread = .*", "eventThread = ...")
                        .replace("recorded", "uploads")
                        .strip())
                .collect(Collectors.joining("\n\n"));
        assertThat(shown(EVENTS, "recorded")).isEqualTo(printed);
    }

    private LeakReport lost() throws InterruptedException {
        LeakReport report = null;
        for (int i = 0; report == null && i < 1_000; i++) {
            System.gc();
            report = reports.poll(30, TimeUnit.MILLISECONDS);
        }
        assertThat(report).isNotNull();
        return report;
    }

    /** Classes and lines of a program that is not a test. */
    private static String asOfAProgram(String text) {
        return text.replaceAll("dev\\.sluice\\.docs\\.(LeaksSnippets|OutputsTest)", "com.example.FrameReader")
                .replaceAll("(LeaksSnippets|OutputsTest)\\.java:\\d+", "FrameReader.java:46");
    }

    private static void forgetAtOnce(BufferPool pool) {
        LeaksSnippets.forget(pool, new ArrayDeque<>());
    }

    @Test
    void reportOfALeaseThatWasForgotten() throws Exception {
        BufferPool pool = uploads().build();
        forgetAtOnce(pool);
        clock.advance(Duration.ofSeconds(3));
        String ours = lost().toString()
                .lines()
                .filter(line -> !line.startsWith("\tat ") || line.contains("LeaksSnippets"))
                .collect(Collectors.joining("\n"));
        assertThat(shown(LEAKS, "forgotten")).isEqualTo(asOfAProgram(ours).replace("\t", "    "));
        pool.close();
    }

    @Test
    void reportOfAPipeline() throws Exception {
        Path file = Files.write(directory.resolve("body.bin"), new byte[100]);
        BufferPool pool = uploads().build();
        LeaksSnippets.checkpoint(file, pool).onErrorComplete().blockLast();
        String report = lost().toString().replace(directory.toString(), "/data");
        assertThat(shown(LEAKS, "pipeline")).isEqualTo(report);
        LeaksSnippets.consumed(file, pool).onErrorComplete().blockLast();
        assertThat(pool.stats().buffersInUse()).isZero();
        pool.close();
    }

    @Test
    void dump() throws Exception {
        BufferPool pool = uploads().leakDetection(LeakDetection.SAMPLED).build();
        List<PooledBuffer> held = new ArrayList<>();
        held.add(pool.acquire(500_000, "reader of /data/a.csv").touch("queued for the parser"));
        clock.advance(Duration.ofSeconds(12));
        held.add(pool.acquire(300_000, "reader of /data/b.csv"));
        held.add(held.get(0).slice(0, 80).touch("the header"));
        held.add(pool.acquire(64_000));
        held.add(pool.acquire(64_000, "reader of /data/c.csv"));
        CompletableFuture<PooledBuffer> waiting = pool.request(200_000, null, "reader of /data/d.csv");
        clock.advance(Duration.ofMillis(1_500));
        AtomicReference<String> text = new AtomicReference<>();
        LeaksSnippets.dump(pool, text::set);
        assertThat(shown(LEAKS, "dump")).isEqualTo(asOfAProgram(text.get().strip()));
        waiting.cancel(false);
        held.forEach(PooledBuffer::release);
        pool.close();
    }

    @Test
    void theRest() {
        BufferPool pool = LeaksSnippets.onLeak(reports::add);
        LeaksSnippets.level(pool);
        assertThat(pool.leakDetection()).isEqualTo(LeakDetection.EVERY);
        AtomicReference<PooledBuffer> last = new AtomicReference<>();
        LeaksSnippets.kept(last, pool.acquire(100));
        LeaksSnippets.kept(last, pool.acquire(100));
        last.get().release();
        PooledBuffer buffer = pool.acquire(100);
        buffer.byteBuffer().putInt(0, 42);
        assertThat(LeaksSnippets.shared(buffer)).isEqualTo(42);
        LeaksSnippets.inTime(BufferFlux.read(ByteSources.bytes(new byte[100]).chunkSize(50), pool))
                .doOnNext(PooledBuffer::release)
                .blockLast();
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(reports).isEmpty();
        pool.close();
    }

    private static void eventually(java.util.function.BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).isNegative();
            Thread.yield();
        }
    }
}
