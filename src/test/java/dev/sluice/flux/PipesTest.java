package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Paths that are no files: FIFOs, devices, entries of {@code /proc} and {@code /sys}. */
@EnabledOnOs(OS.LINUX)
class PipesTest extends FluxTest {

    private Path fifo() throws IOException {
        Path fifo = dir.resolve("fifo-" + ThreadLocalRandom.current().nextInt(1 << 30));
        try {
            assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                    .isZero();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return fifo;
    }

    private static CompletableFuture<Void> writing(Path fifo, String text) {
        return CompletableFuture.runAsync(() -> {
            try (OutputStream out = Files.newOutputStream(fifo)) {
                out.write(text.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private String textOf(ByteSource.Opener source) {
        return BufferFlux.read(source, pool)
                .asString(StandardCharsets.US_ASCII, 1000)
                .block(LIMIT);
    }

    @Test
    void everySourceReadsAFifo() throws IOException {
        Path fifo = fifo();
        CompletableFuture<Void> writing = writing(fifo, "hello");
        assertThat(textOf(ByteSources.file(fifo))).isEqualTo("hello");
        writing.join();
        writing = writing(fifo, "0123456789");
        assertThat(textOf(ByteSources.range(fifo, 3, 4))).isEqualTo("3456");
        writing.join();
        writing = writing(fifo, "0123");
        assertThat(textOf(ByteSources.range(fifo, 3, 100))).isEqualTo("3");
        writing.join();
        writing = writing(fifo, "hello");
        assertThat(textOf(ByteSources.follow(fifo, Duration.ofMillis(1)))).isEqualTo("hello");
        writing.join();
        writing = writing(fifo, "hello");
        assertThat(textOf(ByteSources.followFromEnd(fifo, Duration.ofMillis(1))))
                .isEqualTo("hello");
        writing.join();
    }

    @Test
    void whatIsWrittenComesAtOnce() throws IOException {
        Path fifo = fifo();
        CompletableFuture<OutputStream> opening = CompletableFuture.supplyAsync(() -> {
            try {
                OutputStream out = Files.newOutputStream(fifo);
                out.write('a');
                return out;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        StepVerifier.create(BufferFlux.read(fifo, pool).map(FluxTest::text))
                .expectNext("a")
                .then(() -> write(opening.join(), "b"))
                .expectNext("b")
                .then(() -> write(opening.join(), ""))
                .verifyComplete();
    }

    private static void write(OutputStream out, String text) {
        try {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            if (text.isEmpty()) {
                out.close();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    enum Waiting {
        OPENS,
        READS
    }

    /** Many more than the scheduler has threads. It may queue a task behind one that waits, although a thread is idle. */
    @ParameterizedTest
    @EnumSource
    void cancelledReadsKeepNoThread(Waiting waiting) throws IOException {
        Path fifo = fifo();
        Path held = fifo();
        try (var both = java.nio.channels.FileChannel.open(
                held, java.nio.file.StandardOpenOption.READ, java.nio.file.StandardOpenOption.WRITE)) {
            Path read = waiting == Waiting.OPENS ? fifo : held;
            Scheduler few = Schedulers.newBoundedElastic(4, 1000, "few");
            for (int round = 0; round < 20; round++) {
                List<Disposable> reading = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    reading.add(BufferFlux.read(ByteSources.file(read).on(few), pool)
                            .subscribe(PooledBuffer::release));
                }
                if (round % 2 == 0) {
                    eventually(() -> pool.stats().buffersInUse() > 0);
                }
                reading.forEach(Disposable::dispose);
                nothingInFlight();
            }
            assertThat(Mono.fromCallable(() -> 1).subscribeOn(few).block(LIMIT)).isEqualTo(1);
            few.dispose();
            assertThat(both.isOpen()).isTrue();
        }
    }

    @Test
    void cancelAgainstOpening() throws IOException {
        Path fifo = fifo();
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            Disposable reading = BufferFlux.read(fifo, pool).subscribe(PooledBuffer::release);
            Disposable writing = BufferFlux.from(buffers("x")).writeTo(fifo).subscribe();
            for (int spin = random.nextInt(20_000); spin > 0; spin--) {
                Thread.onSpinWait();
            }
            reading.dispose();
            writing.dispose();
            nothingInFlight();
        }
    }

    @Test
    void aFifoIsWrittenThrough() throws IOException {
        Path fifo = fifo();
        CompletableFuture<String> reader = CompletableFuture.supplyAsync(() -> {
            try {
                return Files.readString(fifo);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(BufferFlux.from(buffers("hel", "lo")).writeTo(fifo).block(LIMIT))
                .isEqualTo(5);
        assertThat(reader.join()).isEqualTo("hello");
        assertThat(Files.isRegularFile(fifo)).isFalse();
        assertThat(Files.exists(fifo)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "APPEND", "IN_PLACE", "FORCE"})
    void aDeviceIsWrittenThrough(String option) throws Exception {
        Path device = dir.resolve("null");
        assumeThat(new ProcessBuilder("mknod", device.toString(), "c", "1", "3")
                        .start()
                        .waitFor())
                .as("only root makes devices")
                .isZero();
        Path link = Files.createSymbolicLink(dir.resolve("link"), device);
        WriteOption[] options = option.isEmpty() ? new WriteOption[0] : new WriteOption[] {WriteOption.valueOf(option)};
        for (Path path : new Path[] {device, link}) {
            assertThat(BufferFlux.from(buffers("hello")).writeTo(path, options).block(LIMIT))
                    .isEqualTo(5);
        }
        assertThat(FileKind.of(device)).isEqualTo(FileKind.PIPE);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        StepVerifier.create(BufferFlux.from(buffers("x")).writeTo(device, WriteOption.CREATE_NEW))
                .verifyError(FileAlreadyExistsException.class);
        StepVerifier.create(BufferFlux.read(device, pool)).verifyComplete();
    }

    @Test
    void aWriteThatNobodyReadsIsCancelled() throws IOException {
        Path fifo = fifo();
        Scheduler one = Schedulers.newSingle("writer");
        for (int round = 0; round < 20; round++) {
            Disposable writing = BufferFlux.from(buffers("hello"))
                    .writeTo(ByteSinks.file(fifo).on(one))
                    .subscribe();
            if (round % 2 == 0) {
                eventually(() -> pool.stats().buffersInUse() == 1);
            }
            writing.dispose();
            nothingInFlight();
        }
        try (var reader = java.nio.channels.FileChannel.open(
                fifo, java.nio.file.StandardOpenOption.READ, java.nio.file.StandardOpenOption.WRITE)) {
            Disposable stuck = BufferFlux.read(ByteSources.file(Path.of("/dev/zero")), pool)
                    .writeTo(ByteSinks.file(fifo).on(one))
                    .subscribe();
            eventually(() -> pool.stats().buffersInUse() > 10);
            stuck.dispose();
            nothingInFlight();
            assertThat(reader.isOpen()).isTrue();
        }
        assertThat(Mono.fromCallable(() -> 1).subscribeOn(one).block(LIMIT)).isEqualTo(1);
        one.dispose();
    }

    @Test
    void anEntryOfProcIsFollowedToItsEnd() throws IOException {
        Path version = Path.of("/proc/version");
        String content = Files.readString(version);
        assertThat(textOf(ByteSources.follow(version, Duration.ofMillis(1)))).isEqualTo(content);
        assertThat(textOf(ByteSources.follow(version, Duration.ofMillis(1), 5))).isEqualTo(content.substring(5));
        assertThat(textOf(ByteSources.followFromEnd(version, Duration.ofMillis(1))))
                .isEmpty();
        assertThat(textOf(ByteSources.range(version, 1L << 44, 10))).isEmpty();
    }

    /** It claims a page, and has a line. */
    @Test
    void anEntryOfSysIsFollowedToItsEnd() throws IOException {
        Path address = Path.of("/sys/class/net/lo/address");
        assumeThat(address).isReadable();
        String content = Files.readString(address);
        assertThat(textOf(ByteSources.follow(address, Duration.ofMillis(1)))).isEqualTo(content);
        assertThat(textOf(ByteSources.follow(address, Duration.ofMillis(1), 5))).isEqualTo(content.substring(5));
        assertThat(textOf(ByteSources.followFromEnd(address, Duration.ofMillis(1))))
                .isEmpty();
        assertThat(textOf(ByteSources.range(address, 3, 5))).isEqualTo(content.substring(3, 8));
        assertThat(textOf(ByteSources.range(address, 100, 5))).isEmpty();
    }

    @Test
    void anEntryOfProcThatCannotBeReplacedNamesTheWayOut() {
        Path name = Path.of("/proc/self/comm");
        StepVerifier.create(BufferFlux.from(buffers("name")).writeTo(name))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(NoSuchFileException.class)
                        .hasMessageContaining("WriteOption.IN_PLACE"));
        assertThat(BufferFlux.from(buffers("name"))
                        .writeTo(name, WriteOption.IN_PLACE)
                        .block(LIMIT))
                .isEqualTo(4);
    }

    @Test
    void anEndlessDeviceIsReadAsFarAsItIsWanted() {
        assertThat(BufferFlux.read(Path.of("/dev/zero"), pool)
                        .takeBytes(100_000)
                        .join(1 << 20)
                        .map(FluxTest::bytes)
                        .block(LIMIT))
                .isEqualTo(new byte[100_000]);
    }
}
