package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteLimitException;
import dev.sluice.flux.ByteSources;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Runs the recipes on real files. */
class RecipesTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int LINES = 100_000;

    private final BufferPool pool =
            BufferPool.builder().name("recipes").maxBytes(8 << 20).build();

    @TempDir
    Path dir;

    @AfterEach
    void nothingIsInFlight() {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (pool.stats().buffersInUse() > 0 || pool.stats().pending() > 0) {
            assertThat(System.nanoTime() - deadline).as("%s", pool.stats()).isNegative();
            Thread.yield();
        }
        pool.close();
    }

    private static String line(int i) {
        return i % 100 == 0 ? "10:00 ERROR " + i : "10:00 INFO it goes on " + i;
    }

    private Path text(String name) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            text.append(line(i)).append('\n');
        }
        return Files.writeString(dir.resolve(name), text);
    }

    private Path gzip(String name, byte[] content) throws IOException {
        Path file = dir.resolve(name);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(content);
        }
        return file;
    }

    private Path log() throws IOException {
        return gzip("log.gz", Files.readAllBytes(text("log")));
    }

    @Test
    void linesOfGzip() throws IOException {
        assertThat(RecipesSnippets.linesOfGzip(log(), pool).block(LIMIT)).isEqualTo(LINES);
        assertThat(pool.stats().peakBytes()).as("a few buffers of 64 KiB").isLessThan(1 << 20);
    }

    @Test
    void errorsOfGzip() throws IOException {
        assertThat(RecipesSnippets.errorsOfGzip(log(), pool).collectList().block(LIMIT))
                .hasSize(100)
                .startsWith(line(0), line(100));
    }

    @Test
    void copyWithDigest() throws Exception {
        Path from = text("from");
        Path to = dir.resolve("to");
        ConcurrentLinkedQueue<String> printed = new ConcurrentLinkedQueue<>();
        assertThat(RecipesSnippets.copyWithDigest(from, to, pool, printed::add).block(LIMIT))
                .isEqualTo(Files.size(from));
        assertThat(to).hasSameBinaryContentAs(from);
        assertThat(printed)
                .contains(HexFormat.of()
                        .formatHex(java.security.MessageDigest.getInstance("SHA-256")
                                .digest(Files.readAllBytes(from))));
    }

    @Test
    void compressAll() throws IOException {
        List<Path> files = List.of(text("a"), text("b"), text("c"), text("d"), text("e"));
        Long bytes = RecipesSnippets.compressAll(files, pool).block(LIMIT);
        assertThat(bytes).isEqualTo(5 * Files.size(dir.resolve("a.gz")));
        assertThat(RecipesSnippets.linesOfGzip(dir.resolve("e.gz"), pool).block(LIMIT))
                .isEqualTo(LINES);
    }

    @Test
    void messages() {
        Path file = dir.resolve("messages");
        String[] messages = {"one", "two", "sluice, gate and water"};
        assertThat(RecipesSnippets.writeMessages(Flux.just(messages), file, pool)
                        .block(LIMIT))
                .isEqualTo(3 + 3 + 22 + 3 * 2);
        assertThat(RecipesSnippets.readMessages(file, pool).collectList().block(LIMIT))
                .containsExactly(messages);
    }

    @Test
    void watch() throws Exception {
        Path log = Files.writeString(dir.resolve("watched"), "INFO start\nWARN low\n");
        ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
        CountDownLatch two = new CountDownLatch(2);
        Disposable watching = RecipesSnippets.watch(log, pool).subscribe(line -> {
            seen.add(line);
            two.countDown();
        });
        Files.writeString(log, "INFO go on\nWARN high\n", StandardOpenOption.APPEND);
        assertThat(two.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(seen).containsExactly("WARN low", "WARN high");
        watching.dispose();
    }

    @Test
    void storeAndCheck() throws IOException {
        Path from = text("from");
        CRC32C expected = new CRC32C();
        expected.update(Files.readAllBytes(from));
        Path store = dir.resolve("stored");
        assertThat(RecipesSnippets.storeAndCheck(BufferFlux.read(from, pool), store)
                        .block(LIMIT))
                .isEqualTo(expected.getValue());
        assertThat(store).hasSameBinaryContentAs(from);
    }

    @Test
    void sendWithRetry() {
        BufferFlux body = BufferFlux.read(
                ByteSources.text("the body", StandardCharsets.US_ASCII).chunkSize(3), pool);
        AtomicInteger sent = new AtomicInteger();
        assertThat(RecipesSnippets.sendWithRetry(
                                body,
                                bytes -> bytes.asString(StandardCharsets.US_ASCII, 100)
                                        .map(text -> {
                                            if (sent.incrementAndGet() < 3) {
                                                throw new IllegalStateException("not today");
                                            }
                                            return text;
                                        }))
                        .block(LIMIT))
                .isEqualTo("the body");
        assertThat(sent).hasValue(3);
    }

    @Test
    void digestsInParallel() throws IOException {
        Path file = text("file");
        assertThat(RecipesSnippets.digestsInParallel(file, pool, RecipesTest::first)
                        .collectList()
                        .block(LIMIT))
                .hasSize((int) (Files.size(file) >> 20) + 1)
                .first()
                .isEqualTo("1");
    }

    private static String first(PooledBuffer buffer) {
        return String.valueOf((char) buffer.byteBuffer().get(0));
    }

    @Test
    void intoAParser() throws IOException {
        Path file = gzip("properties.gz", "river=Elbe\nsea=North\n".getBytes(StandardCharsets.US_ASCII));
        Properties parsed = RecipesSnippets.intoAParser(file, pool).block(LIMIT);
        assertThat(parsed).containsEntry("river", "Elbe").hasSize(2);
    }

    @Test
    void boundedBody() throws IOException {
        Path small = gzip("small.gz", "hello".getBytes(StandardCharsets.US_ASCII));
        assertThat(RecipesSnippets.boundedBody(BufferFlux.read(small, pool)).block(LIMIT))
                .isEqualTo("hello");
        Path bomb = gzip("bomb.gz", new byte[20 << 20]);
        Mono<String> refused = RecipesSnippets.boundedBody(BufferFlux.read(bomb, pool));
        assertThatThrownBy(() -> refused.block(LIMIT))
                .hasRootCauseInstanceOf(ByteLimitException.class)
                .isNotInstanceOf(UncheckedIOException.class);
    }
}
