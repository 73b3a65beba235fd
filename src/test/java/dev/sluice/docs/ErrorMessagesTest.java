package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolBuilder;
import dev.sluice.BufferPools;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.MemoryBudget;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.testing.VirtualPoolClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Exceptions;

/**
 * Provokes every error whose text {@code docs/errors.md} shows: each block below a comment {@code <!-- message: name -->}
 * is, line by line, what the code says.
 */
class ErrorMessagesTest {

    private static final Path PAGE = Path.of("docs", "errors.md");
    private static final String COMMENT = "<!-- message: %s -->";
    private static final int MIB = 1 << 20;

    private final List<PooledBuffer> held = new ArrayList<>();

    @TempDir
    Path directory;

    @TestFactory
    List<DynamicTest> messages() {
        Map<String, List<ThrowingCallable>> errors = new LinkedHashMap<>();
        errors.put("invalid-size", List.of(() -> full().acquire(0), () -> full().acquire(2 * MIB)));
        errors.put(
                "budget-too-small",
                List.of(() -> BufferFlux.read(
                                ByteSources.bytes(new byte[2 * MIB]).chunkSize(MIB),
                                uploads().maxBytes(MIB).build())
                        .gzip()
                        .consume(PooledBuffer::length)
                        .blockLast()));
        errors.put("exhausted", List.of(() -> full().acquire(64 << 10)));
        errors.put("exhausted-by-count", List.of(this::exhaustByCount));
        errors.put("exhausted-by-a-sibling", List.of(this::exhaustByASibling));
        errors.put("exhausted-others-wait", List.of(this::exhaustByOthers));
        errors.put("exhausted-after-a-wait", List.of(this::exhaustTime));
        errors.put("exhausted-queue", List.of(this::exhaustQueue));
        errors.put("closed", List.of(this::closed));
        errors.put("released", List.of(this::released));
        errors.put(
                "config",
                List.of(
                        () -> uploads().maxBytes(0).build(),
                        () -> uploads().maxBuffersPerSize(0).build(),
                        () -> uploads().minIdleBytes(-1).build(),
                        () -> uploads().maxBytes(MIB).minIdleBytes(2 * MIB).build(),
                        () -> uploads()
                                .budget(MemoryBudget.of(MIB))
                                .minIdleBytes(2 * MIB)
                                .build(),
                        () -> uploads().maxPending(-1).build(),
                        () -> uploads().shrinkInterval(Duration.ZERO).build(),
                        () -> uploads()
                                .budget(MemoryBudget.of("process", MIB))
                                .maxBytes(MIB)
                                .build(),
                        () -> MemoryBudget.of("process", 0),
                        () -> MemoryBudget.of("process", MIB).child("tenant-a", 2 * MIB)));
        errors.put("bounds", List.of(() -> buffer().resize(70_000), () -> buffer().slice(65_000, 1_000)));
        errors.put("shared-pool", List.of(() -> BufferPools.small().close()));
        errors.put("too-many-leases", List.of(this::tooManyLeases));
        errors.put("arguments", List.of(() -> BufferFlux.read(directory, full(), 0)));
        errors.put(
                "files",
                List.of(
                        () -> read(directory.resolve("in.bin")),
                        () -> read(directory),
                        () -> write(directory.resolve("missing").resolve("out.bin")),
                        this::truncated));
        errors.put("bytes", bytes());
        return errors.entrySet().stream()
                .map(error -> DynamicTest.dynamicTest(error.getKey(), () -> compare(error.getKey(), error.getValue())))
                .toList();
    }

    private List<ThrowingCallable> bytes() {
        byte[] gzip = HexFormat.of().parseHex("1f8b08000000000000ff4b4c4a06" + "00c241243503000000");
        byte[] wrongSum = gzip.clone();
        wrongSum[gzip.length - 8]++;
        return List.of(
                () -> of(new byte[2_000]).split(new byte[] {'\n'}, 1_000).blockLast(),
                () -> of(new byte[2_000])
                        .asString(StandardCharsets.UTF_8, 1_000)
                        .block(),
                () -> of(new byte[] {0x7f, -1, -1, -1})
                        .lengthPrefixed(4, ByteOrder.BIG_ENDIAN, 1 << 20)
                        .blockLast(),
                () -> of(new byte[] {-1, -1, -1, -1})
                        .lengthPrefixed(4, ByteOrder.BIG_ENDIAN, 1 << 20)
                        .blockLast(),
                () -> of(new byte[] {0, 0, 0, 9, 1, 2})
                        .lengthPrefixed(4, ByteOrder.BIG_ENDIAN, 1 << 20)
                        .blockLast(),
                () -> of(new byte[] {'a', 'b', -1})
                        .decode(StandardCharsets.UTF_8, CodingErrorAction.REPORT)
                        .blockLast(),
                () -> of(new byte[100]).gunzip().blockLast(),
                () -> of(Arrays.copyOf(gzip, 12)).gunzip().blockLast(),
                () -> of(wrongSum).gunzip().blockLast(),
                () -> of(new byte[20 << 20])
                        .gzip()
                        .gunzip(64 << 10, 1_000)
                        .consume(buffer -> 0)
                        .blockLast(),
                () -> of(new byte[20 << 20])
                        .gzip()
                        .gunzip()
                        .consume(buffer -> 0)
                        .blockLast());
    }

    private static BufferFlux of(byte[] bytes) {
        return BufferFlux.read(ByteSources.bytes(bytes).chunkSize(64 << 10), BufferPools.medium());
    }

    @Test
    void staleViewOnJava22() throws IOException {
        BufferPool pool = full();
        ByteBuffer view = held.get(0).byteBuffer();
        held.forEach(PooledBuffer::release);
        pool.clear();
        assumeTrue(Runtime.version().feature() >= 22);
        compare("stale-view", List.of(() -> view.get(0)));
    }

    @Test
    void lostLease() throws IOException, InterruptedException {
        VirtualPoolClock clock = VirtualPoolClock.create();
        BlockingQueue<LeakReport> reports = new LinkedBlockingQueue<>();
        BufferPool pool = uploads()
                .clock(clock)
                .leakDetection(LeakDetection.SAMPLED)
                .onLeak(reports::add)
                .build();
        lose(pool);
        clock.advance(Duration.ofSeconds(3));
        LeakReport report = null;
        while (report == null) {
            System.gc();
            report = reports.poll(10, TimeUnit.MILLISECONDS);
        }
        assertThat(shown("lost-lease")).isEqualTo(report.toString());
    }

    private static void lose(BufferPool pool) {
        pool.acquire(4_000, "frame decoder").touch("queued for the parser");
    }

    private void compare(String name, List<ThrowingCallable> errors) throws IOException {
        List<String> lines = new ArrayList<>();
        for (ThrowingCallable error : errors) {
            Throwable thrown = Exceptions.unwrap(catchThrowable(error));
            Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
            lines.add(cause.toString().replace(directory.toString(), "/data"));
        }
        held.forEach(PooledBuffer::release);
        held.clear();
        assertThat(shown(name)).isEqualTo(String.join("\n", lines));
    }

    private static String shown(String name) throws IOException {
        return DocsTest.blocksOf(PAGE).stream()
                .filter(block -> block.above().equals(COMMENT.formatted(name)))
                .map(DocsTest.Block::content)
                .findFirst()
                .orElse("no block below " + COMMENT.formatted(name));
    }

    private static BufferPoolBuilder uploads() {
        return BufferPool.builder().name("uploads").leakDetection(LeakDetection.OFF);
    }

    /** A pool of 1 MiB with 16 leases of 64 KiB out. */
    private BufferPool full() {
        BufferPool pool = uploads().maxBytes(MIB).build();
        for (int i = 0; i < 16; i++) {
            held.add(pool.acquire(64 << 10));
        }
        return pool;
    }

    private PooledBuffer buffer() {
        PooledBuffer buffer = uploads().build().acquire(64 << 10);
        held.add(buffer);
        return buffer;
    }

    private void exhaustByCount() {
        BufferPool pool = uploads().maxBuffersPerSize(2).build();
        held.add(pool.acquire(1_000));
        held.add(pool.acquire(1_000));
        pool.acquire(1_000);
    }

    private void exhaustByASibling() {
        MemoryBudget process = MemoryBudget.of("process", MIB);
        held.add(uploads().name("downloads").budget(process).build().acquire(MIB));
        uploads().budget(process).build().acquire(64 << 10);
    }

    private void exhaustByOthers() {
        BufferPool pool = uploads().maxBytes(1_024).build();
        held.add(pool.acquire(1_000));
        CompletableFuture<PooledBuffer> first = pool.request(1_000);
        try {
            pool.acquire(64);
        } finally {
            first.cancel(false);
        }
    }

    private void exhaustTime() {
        VirtualPoolClock clock = VirtualPoolClock.create();
        BufferPool pool = uploads().maxBytes(1_024).clock(clock).build();
        held.add(pool.acquire(1_000));
        CompletableFuture<PooledBuffer> turn = pool.request(1_000, Duration.ofSeconds(2));
        clock.advance(Duration.ofSeconds(2));
        turn.join();
    }

    private void exhaustQueue() {
        BufferPool pool = uploads().maxBytes(1_024).maxPending(1).build();
        held.add(pool.acquire(1_000));
        CompletableFuture<PooledBuffer> first = pool.request(1_000);
        try {
            pool.request(1_000).join();
        } finally {
            first.cancel(false);
        }
    }

    private void closed() {
        BufferPool pool = uploads().build();
        pool.close();
        pool.acquire(1_000);
    }

    private void released() {
        PooledBuffer buffer = buffer();
        buffer.release();
        buffer.byteBuffer();
    }

    private void tooManyLeases() {
        PooledBuffer buffer = buffer();
        while (true) {
            PooledBuffer unused = buffer.retain();
        }
    }

    private void read(Path file) {
        BufferPool pool = uploads().maxBytes(MIB).build();
        BufferFlux.read(file, pool, 4_096).consume(PooledBuffer::length).blockLast();
    }

    private void write(Path file) throws IOException {
        BufferPool pool = uploads().maxBytes(MIB).build();
        Path source = Files.write(directory.resolve("source.bin"), new byte[100]);
        BufferFlux.read(source, pool).writeTo(file).block();
    }

    private void truncated() throws IOException {
        Path file = Files.write(directory.resolve("in.bin"), new byte[3 * MIB]);
        BufferPool pool = uploads().maxBytes(MIB).build();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            BufferFlux.read(file, pool)
                    .consume(buffer -> {
                        try {
                            return channel.truncate(MIB).size();
                        } catch (IOException e) {
                            throw Exceptions.propagate(e);
                        }
                    })
                    .blockLast();
        }
    }
}
