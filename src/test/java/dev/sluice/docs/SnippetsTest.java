package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.BufferReleasedException;
import dev.sluice.LeakReport;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.VirtualPoolClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the code of the pages. Whatever a test leased from {@link #pool} is back when it ends. */
class SnippetsTest {

    private static final int MIB = 1 << 20;

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final BufferPool pool =
            BufferPool.builder().name("docs").maxBytes(4 * MIB).clock(clock).build();

    @TempDir
    Path directory;

    @AfterEach
    void nothingIsInFlight() {
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(pool.stats().pending()).isZero();
        assertThat(pool.stats().totalReleases()).isEqualTo(pool.stats().totalAcquisitions());
        pool.close();
        assertThat(pool.budget().used()).isZero();
    }

    @Test
    void pools() {
        assertThat(GettingStartedSnippets.firstPool().budget().limit()).isEqualTo(256L << 20);
        assertThat(GettingStartedSnippets.bounds())
                .extracting(bounded -> bounded.stats().limitBytes())
                .containsExactly(Long.MAX_VALUE, Long.MAX_VALUE, 256L << 20, 256L << 20);
        assertThat(GettingStartedSnippets.shared()).isEqualTo("1 in use");
    }

    @Test
    void leases() {
        assertThat(GettingStartedSnippets.firstBuffer(pool)).isEqualTo("water");
        assertThat(GettingStartedSnippets.sharing(pool)).containsExactly(0);
    }

    @Test
    void pipelines() throws IOException {
        Path file = Files.writeString(directory.resolve("lines.txt"), "to the sea\n".repeat(100_000));
        assertThat(GettingStartedSnippets.firstPipeline(file, pool).block()).isEqualTo(100_000);
        assertThat(GettingStartedSnippets.otherThread(file, pool).block()).isEqualTo(100_000);

        Path copy = directory.resolve("copy.txt");
        assertThat(GettingStartedSnippets.copyFile(file, copy, pool).block()).isEqualTo(1_100_000);
        assertThat(copy).hasSameBinaryContentAs(file);

        assertThat(GettingStartedSnippets.manyAtOnce(file, pool).collectList().block())
                .hasSize(2)
                .allSatisfy(digest -> assertThat(digest).hasSize(64));
    }

    @Test
    void waiting() {
        List<PooledBuffer> all = takeAll(8192);
        assertThat(GettingStartedSnippets.atOnce(pool)).isEmpty();

        List<Integer> seen = new ArrayList<>();
        CompletableFuture<Void> done = GettingStartedSnippets.waiting(pool, bytes -> seen.add(bytes.remaining()));
        CompletableFuture<Integer> inAPipeline =
                GettingStartedSnippets.waitingInAPipeline(pool).toFuture();
        assertThat(pool.stats().pending()).isEqualTo(2);
        all.forEach(PooledBuffer::release);
        done.join();
        assertThat(seen).containsExactly(8192);
        assertThat(inAPipeline.join()).isEqualTo(8192);
        GettingStartedSnippets.atOnce(pool).orElseThrow().release();
    }

    @Test
    void givingUp() {
        List<PooledBuffer> all = takeAll(8192);
        CompletableFuture<PooledBuffer> waiting = pool.request(8192);
        GettingStartedSnippets.givingUp(waiting);
        assertThat(waiting).isCancelled();
        all.forEach(PooledBuffer::release);

        CompletableFuture<PooledBuffer> granted = pool.request(8192);
        GettingStartedSnippets.givingUp(granted);
        assertThat(granted.join().isReleased()).isTrue();
    }

    @Test
    void refusing() {
        assertThat(GettingStartedSnippets.refusing(pool)).isEqualTo("200, 65536 bytes");
        assertThat(GettingStartedSnippets.refusingAPipeline(pool).block()).isEqualTo("200, 65536 bytes");

        List<PooledBuffer> all = takeAll(64 << 10);
        assertThat(GettingStartedSnippets.refusing(pool)).startsWith("503, 4");
        CompletableFuture<String> late =
                GettingStartedSnippets.refusingAPipeline(pool).toFuture();
        clock.advance(Duration.ofMillis(50));
        assertThat(late.join()).startsWith("503, ");
        all.forEach(PooledBuffer::release);
    }

    @Test
    void limitingTheWaits(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "content");
        assertThat(GettingStartedSnippets.limitingTheWaits(file, pool).block()).hasSize(64);
        List<PooledBuffer> all = takeAll(64 << 10);
        int before = clock.scheduled();
        CompletableFuture<String> late =
                GettingStartedSnippets.limitingTheWaits(file, pool).toFuture();
        while (clock.scheduled() == before) {
            Thread.onSpinWait(); // the file is opened on another thread
        }
        clock.advance(Duration.ofMillis(50));
        assertThat(late.join()).startsWith("503, 4");
        all.forEach(PooledBuffer::release);
    }

    @Test
    void budgetsStatisticsAndClosing() {
        MemoryBudget process = GettingStartedSnippets.budgets();
        assertThat(process.used()).isEqualTo(3 * 1024);

        try (PooledBuffer buffer = pool.acquire(1000)) {
            assertThat(buffer.capacity()).isEqualTo(1024);
            assertThat(GettingStartedSnippets.statistics(pool)).hasSize(4);
        }
        assertThat(GettingStartedSnippets.closing()).isTrue();
    }

    @Test
    void leaks() {
        ConcurrentLinkedQueue<LeakReport> leaks =
                GettingStartedSnippets.leaks(strict -> strict.acquire(1000).release());
        assertThat(leaks).isEmpty();
    }

    @Test
    void memory() {
        assertThat(MemorySnippets.recycled(pool)).isEqualTo((byte) 7);

        PooledBuffer buffer = pool.acquire(1000);
        ByteBuffer view = buffer.byteBuffer();
        view.put(10, (byte) 7);
        MemorySnippets.wiping(buffer);
        assertThat(view.get(10)).isZero();

        assertThat(MemorySnippets.keptTooLong(pool).get(0)).isEqualTo((byte) 1);

        Queue<PooledBuffer> headers = new ArrayDeque<>();
        MemorySnippets.keptHeader(pool.acquire(64 << 10), headers);
        assertThat(headers)
                .singleElement()
                .satisfies(header -> assertThat(header.capacity()).isEqualTo(112));
        headers.forEach(PooledBuffer::release);

        assertThat(MemorySnippets.tellingDemand(pool)).isEqualTo(8L * (64 << 10));
        assertThat(MemorySnippets.givingBack(pool)).isPositive();
        assertThat(pool.stats().allocatedBytes()).isZero();
        MemorySnippets.named(pool).release();
        MemorySnippets.keepingSome().close();
        MemorySnippets.freeingAtOnce().close();
    }

    /** The table of {@code docs/memory.md}, at the pace of the test's clock. */
    @Test
    void aBurstGoesByHalf() {
        BufferPool large = BufferPool.builder().maxBytes(1L << 30).clock(clock).build();
        MemorySnippets.burst(large, 1_024);
        List<Long> buffers = new ArrayList<>();
        for (int second = 0; second <= 12; second++) {
            buffers.add(large.stats().totalAllocated());
            clock.advance(Duration.ofSeconds(1));
        }
        assertThat(buffers).containsExactly(1024L, 1024L, 512L, 256L, 128L, 64L, 64L, 64L, 64L, 64L, 64L, 64L, 0L);
        assertThat(large.budget().used()).isZero();
    }

    @Test
    void errors() throws IOException {
        assertThat(ErrorsSnippets.numbers(pool)).isEqualTo("got 65536");
        assertThat(ErrorsSnippets.ofAFuture(pool).join()).isEqualTo("got 65536");
        List<PooledBuffer> all = takeAll(64 << 10);
        assertThat(ErrorsSnippets.numbers(pool)).startsWith("asked for 65");
        assertThatThrownBy(() -> pool.acquire(64 << 10))
                .isInstanceOfSatisfying(
                        PoolExhaustedException.class,
                        e -> assertThat(ErrorsSnippets.statusOf(e)).isEqualTo(503));
        all.forEach(PooledBuffer::release);
        assertThatThrownBy(() -> all.get(0).length())
                .isInstanceOfSatisfying(
                        BufferReleasedException.class,
                        e -> assertThat(ErrorsSnippets.statusOf(e)).isEqualTo(500));

        Path file = directory.resolve("hundred.bin");
        assertThat(ErrorsSnippets.ofAPipeline(file, pool).block()).isZero();
        Files.write(file, new byte[100]);
        assertThat(ErrorsSnippets.ofAPipeline(file, pool).block()).isEqualTo(100);
    }

    @Test
    void sizeClassesAreThoseOfTheTable() throws IOException {
        Pattern row = Pattern.compile("\\| \\d+ \\| ([\\d,]+) \\| ([\\d,]+) to ([\\d,]+) \\|.*");
        List<MatchResult> rows = Files.readAllLines(Path.of("docs", "how-the-pool-works.md")).stream()
                .map(row::matcher)
                .filter(Matcher::matches)
                .map(Matcher::toMatchResult)
                .toList();
        assertThat(rows).hasSizeGreaterThan(10);
        for (MatchResult size : rows) {
            assertThat(capacityFor(number(size.group(2)))).isEqualTo(number(size.group(1)));
            assertThat(capacityFor(number(size.group(3)))).isEqualTo(number(size.group(1)));
        }
    }

    private static int number(String text) {
        return Integer.parseInt(text.replace(",", ""));
    }

    private int capacityFor(int size) {
        try (PooledBuffer buffer = pool.acquire(size)) {
            return buffer.capacity();
        }
    }

    private List<PooledBuffer> takeAll(int size) {
        List<PooledBuffer> all = new ArrayList<>();
        for (Optional<PooledBuffer> next = pool.tryAcquire(size); next.isPresent(); next = pool.tryAcquire(size)) {
            all.add(next.get());
        }
        return all;
    }
}
