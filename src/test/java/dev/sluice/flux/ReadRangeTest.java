package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.test.StepVerifier;

/** A part of a file, or of what there is of it. */
class ReadRangeTest extends FluxTest {

    @Test
    void givesTheRange() throws IOException {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int size = random.nextInt(3000);
            long offset = random.nextInt(3200);
            long length = random.nextBoolean() ? random.nextInt(3200) : Long.MAX_VALUE - random.nextInt(3);
            int from = (int) Math.min(offset, size);
            int to = (int) Math.min(size, from + Math.min(length, size));
            assertThat(bytesOf(BufferFlux.read(
                            ByteSources.range(Files.write(dir.resolve("some"), content(size)), offset, length)
                                    .chunkSize(1 + random.nextInt(500)),
                            pool)))
                    .as("with seed %d", seed)
                    .isEqualTo(Arrays.copyOfRange(content(size), from, to));
        }
    }

    private static byte[] bytesOf(BufferFlux flux) {
        return flux.join(1 << 20)
                .map(FluxTest::bytes)
                .defaultIfEmpty(new byte[0])
                .block(LIMIT);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileThatClaimsNoSizeHasRangesToo() throws IOException {
        byte[] all = Files.readAllBytes(Path.of("/proc/version"));
        assertThat(bytesOf(BufferFlux.read(
                        ByteSources.range(Path.of("/proc/version"), 3, 10).chunkSize(4), pool)))
                .isEqualTo(Arrays.copyOfRange(all, 3, 13));
        assertThat(bytesOf(BufferFlux.read(
                        ByteSources.range(Path.of("/proc/version"), 3, Long.MAX_VALUE)
                                .chunkSize(4),
                        pool)))
                .isEqualTo(Arrays.copyOfRange(all, 3, all.length));
    }

    /** The JDK's own image has channels without positions. */
    @Test
    void aFileWithoutPositionsHasRangesToo() throws IOException {
        Path image = Path.of(URI.create("jrt:/java.base/java/lang/String.class"));
        byte[] all = Files.readAllBytes(image);
        for (int[] part :
                new int[][] {{0, 4}, {1, 3}, {20_000, 10}, {all.length - 1, 5}, {all.length, 5}, {1 << 30, 5}}) {
            int from = Math.min(part[0], all.length);
            assertThat(bytesOf(BufferFlux.read(ByteSources.range(image, part[0], part[1]), pool)))
                    .isEqualTo(Arrays.copyOfRange(all, from, Math.min(all.length, from + part[1])));
        }
        StepVerifier.create(BufferFlux.read(ByteSources.follow(image, Duration.ofDays(1), all.length - 3), pool)
                        .consume(FluxTest::bytes)
                        .take(1))
                .assertNext(bytes -> assertThat(bytes).isEqualTo(Arrays.copyOfRange(all, all.length - 3, all.length)))
                .verifyComplete();
    }

    @Test
    void aPositionThatCannotBeHadIsAnError() throws IOException {
        Path broken = FaultyFiles.at(file(100), new FaultyFiles.Fault() {
            @Override
            public void position(SeekableByteChannel channel, long position) throws IOException {
                throw new IOException("device error");
            }
        });
        StepVerifier.create(BufferFlux.read(ByteSources.range(broken, 50, 10), pool))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(FileSystemException.class)
                        .hasMessageContaining("device error"));
    }

    @Test
    void aRangeOfNothingStillNeedsAFile() throws IOException {
        StepVerifier.create(BufferFlux.read(ByteSources.range(file(10), 5, 0).chunkSize(4), pool))
                .verifyComplete();
        StepVerifier.create(BufferFlux.read(ByteSources.range(file(10), 10, 5).chunkSize(4), pool))
                .verifyComplete();
        StepVerifier.create(BufferFlux.read(
                        ByteSources.range(dir.resolve("missing"), 5, 0).chunkSize(4), pool))
                .verifyError(NoSuchFileException.class);
    }

    @Test
    void takesNoMoreThanTheRangeNeeds() throws IOException {
        StepVerifier.create(BufferFlux.read(
                        ByteSources.range(file(100_000), 50_000, 100).chunkSize(1 << 20), pool))
                .consumeNextWith(buffer -> {
                    assertThat(buffer.length()).isEqualTo(100);
                    assertThat(buffer.capacity()).isLessThan(200);
                    buffer.release();
                })
                .verifyComplete();
    }

    @ParameterizedTest
    @CsvSource({"40, true", "60, false"})
    void onlyWhatIsMissingOfTheRangeIsMissed(long truncated, boolean missed) throws IOException {
        Path file = file(100);
        var verified = StepVerifier.create(
                BufferFlux.read(ByteSources.range(file, 30, 30).chunkSize(10), pool)
                        .limitRate(1)
                        .doOnNext(buffer -> {
                            buffer.release();
                            truncate(file, truncated);
                        }));
        if (missed) {
            verified.expectNextCount(1)
                    .verifyErrorSatisfies(error -> assertThat(error)
                            .isInstanceOfSatisfying(FileTruncatedException.class, e -> {
                                assertThat(e.sizeAtOpen()).isEqualTo(100);
                                assertThat(e.offset()).isEqualTo(40);
                            }));
        } else {
            verified.expectNextCount(3).verifyComplete();
        }
    }

    private static void truncate(Path path, long size) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 5", "5, -1"})
    void offsetAndLengthAreNotNegative(long offset, long length) {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        BufferFlux.read(ByteSources.range(dir, offset, length).chunkSize(10), pool))
                .withMessageContaining("-1");
    }
}
