package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** Gives each test a directory and a pool, and ends it on nothing in flight, no open file and no temporary file. */
abstract class FluxTest {

    static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path dir;

    BufferPool pool = BufferPool.builder().name("test").maxBytes(64 << 20).build();

    @AfterEach
    void nothingIsLeft() {
        nothingInFlight();
        eventually(() -> openFiles().isEmpty(), this::openFiles);
        eventually(() -> temporaryFiles().isEmpty(), this::temporaryFiles);
        pool.close();
    }

    /** A cancelled subscription gives back what it has on its own thread: soon, not at once. */
    void nothingInFlight() {
        eventually(
                () -> {
                    PoolStats now = pool.stats();
                    return now.buffersInUse() == 0 && now.pending() == 0 && now.demand() == 0;
                },
                pool::stats);
    }

    static void eventually(Callable<Boolean> condition, Supplier<?> otherwise) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!holds(condition)) {
            assertThat(System.nanoTime() - deadline)
                    .as("still %s", otherwise.get())
                    .isNegative();
            Thread.yield();
        }
    }

    static void eventually(Callable<Boolean> condition) {
        eventually(condition, () -> "not so");
    }

    private static boolean holds(Callable<Boolean> condition) {
        try {
            return condition.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private List<Path> temporaryFiles() {
        try (DirectoryStream<Path> temporary = Files.newDirectoryStream(dir, ".sluice-*")) {
            List<Path> found = new ArrayList<>();
            temporary.forEach(found::add);
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The files under the test's directory that this process has open; none where the system does not tell. */
    List<Path> openFiles() {
        Path descriptors = Path.of("/proc/self/fd");
        List<Path> open = new ArrayList<>();
        if (!Files.isDirectory(descriptors)) {
            return open;
        }
        try (Stream<Path> all = Files.list(descriptors)) {
            for (Path descriptor : all.toList()) {
                try {
                    Path target = Files.readSymbolicLink(descriptor);
                    if (target.startsWith(dir)) {
                        open.add(target);
                    }
                } catch (IOException e) {
                    continue; // closed meanwhile
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return open;
    }

    Path file(int bytes) throws IOException {
        return Files.write(dir.resolve("file-" + bytes), content(bytes));
    }

    static byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    PooledBuffer buffer(String text) {
        PooledBuffer buffer = pool.acquire(Math.max(1, text.length()));
        buffer.byteBuffer().put(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return buffer.resize(text.length());
    }

    /** Buffers that are made when they are requested, so that none is lost if they are not. */
    Flux<PooledBuffer> buffers(String... texts) {
        return Flux.fromArray(texts).map(this::buffer);
    }

    static byte[] bytes(PooledBuffer buffer) {
        try (buffer) {
            return buffer.toByteArray();
        }
    }

    static String text(PooledBuffer buffer) {
        try (buffer) {
            return buffer.toString(java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
