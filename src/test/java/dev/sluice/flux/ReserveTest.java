package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Pipelines whose operators hold one buffer and want another do not wait for one another for ever. */
class ReserveTest extends FluxTest {

    private static final int MANY = 100;
    private static final int KIB = 1 << 10;

    private BufferPool tight;

    @AfterEach
    void nothingIsLeftOfTheTight() {
        eventually(() -> tight.stats().buffersInUse() == 0 && tight.stats().pending() == 0, tight::stats);
        assertThat(tight.stats().demand()).isZero();
        tight.close();
    }

    private void tight(long bytes) {
        tight = BufferPool.builder().maxBytes(bytes).build();
    }

    private long runAll(int many, Mono<Long> each) {
        return Flux.range(0, many)
                .flatMap(i -> each, many)
                .reduce(0L, Long::sum)
                .block(LIMIT);
    }

    /** The documented smallest budget: a buffer for the source, and one for each operator. */
    @ParameterizedTest
    @ValueSource(longs = {3 * KIB, 4 * KIB, 10 * KIB, 100 * KIB})
    void allFinishOnTheSmallestBudgetAndAbove(long budget) throws Exception {
        tight(budget);
        Path file = file(20_000);
        Mono<Long> each = BufferFlux.read(file, tight, KIB)
                .rechunk(999)
                .rechunk(1_001)
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length);
        assertThat(runAll(MANY, each)).isEqualTo(MANY * 20_000L);
        assertThat(tight.stats().peakBytes()).isLessThanOrEqualTo(budget);
    }

    @Test
    void allFinishWhereTheNumberOfBuffersIsTheBound() throws Exception {
        tight = BufferPool.withMaxBuffers(3);
        Path file = file(20_000);
        Mono<Long> each = BufferFlux.read(file, tight, KIB)
                .rechunk(999)
                .rechunk(1_001)
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length);
        assertThat(runAll(MANY, each)).isEqualTo(MANY * 20_000L);
    }

    /** The last operator keeps a slice of the source's buffer, or a chunk as it is, and wants more: two each above it. */
    @Test
    void allFinishWithOperatorsThatKeepTheirInput() throws Exception {
        tight(5 * KIB);
        Path file = file(20_000);
        Mono<Long> each = BufferFlux.read(file, tight, KIB)
                .rechunk(999)
                .split(new byte[] {0, 0}, 1_020)
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length)
                .onErrorReturn(ByteLimitException.class, -1L);
        assertThat(runAll(MANY, each)).isEqualTo(-MANY);
    }

    @Test
    void allFinishWhenTheyAreWritten() throws Exception {
        tight(3 * KIB);
        Path file = file(20_000);
        Long sum = Flux.range(0, MANY)
                .flatMap(
                        i -> BufferFlux.read(file, tight, KIB)
                                .rechunk(999)
                                .emitOn(Schedulers.parallel(), 4)
                                .rechunk(1_001)
                                .writeTo(dir.resolve("copy" + i)),
                        MANY)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(MANY * 20_000L);
    }

    /** The smallest budget that the documentation names for this pipeline, and less than it takes to be at ease. */
    @ParameterizedTest
    @ValueSource(longs = {64 + 4 + 64 + 4, 200, 1_000})
    void allFinishThatDecompressAndCompress(long budget) throws Exception {
        tight(budget * KIB);
        byte[] text = new byte[300_000];
        new Random(7).nextBytes(text);
        for (int i = 0; i < text.length; i++) {
            text[i] &= 7;
        }
        Path file = dir.resolve("in.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(text);
        }
        Long written = Flux.range(0, MANY)
                .flatMap(
                        i -> BufferFlux.read(file, tight, 64 * KIB)
                                .gunzip()
                                .rechunk(64 * KIB)
                                .gzip()
                                .writeTo(dir.resolve("out" + i)),
                        MANY)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(written).isEqualTo(MANY * Files.size(dir.resolve("out0")));
        try (InputStream in = new GZIPInputStream(Files.newInputStream(dir.resolve("out" + (MANY - 1))))) {
            assertThat(in.readAllBytes()).isEqualTo(text);
        }
        assertThat(tight.stats().peakBytes()).isLessThanOrEqualTo(budget * KIB);
    }

    /** Some are cancelled at any time: what they had of the reserve must come back. */
    @Test
    void theOthersFinishWhenSomeAreCancelled() throws Exception {
        tight(3 * KIB);
        Path file = file(20_000);
        Long sum = Flux.range(0, 4 * MANY)
                .flatMap(
                        i -> {
                            BufferFlux all = BufferFlux.read(file, tight, KIB)
                                    .rechunk(999)
                                    .rechunk(1_001);
                            BufferFlux some = i % 4 == 0 ? all : BufferFlux.from(all.take(1 + i % 13));
                            return some.consume(PooledBuffer::length)
                                    .reduce(0L, (total, length) -> total + length)
                                    .map(length -> length == 20_000 ? 1L : 0L);
                        },
                        4 * MANY)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(MANY);
    }

    /** Several sources above one operator: only one path at a time uses the reserve, and it grows upward. */
    @Test
    void allFinishWhereManySourcesMeetInOneOperator() throws Exception {
        tight(3 * KIB);
        Path file = file(20_000);
        List<BufferFlux> sources = Flux.range(0, 20)
                .map(i -> BufferFlux.read(file, tight, KIB).rechunk(999))
                .collectList()
                .block();
        Mono<Long> each = BufferFlux.from(Flux.merge(sources))
                .rechunk(1_001)
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length);
        assertThat(runAll(10, each)).isEqualTo(10 * 20 * 20_000L);
    }

    /** What could never be set aside is not waited for. */
    @Test
    void aPoolBelowTheSmallestBudgetServesWhatFits() throws Exception {
        tight(2 * KIB);
        Path file = Files.write(dir.resolve("lines"), "some\nshort\nlines".getBytes(StandardCharsets.US_ASCII));
        assertThat(BufferFlux.read(file, tight, 7)
                        .split(new byte[] {'\n'}, 64 * KIB)
                        .consume(line -> line.toString(StandardCharsets.US_ASCII))
                        .collectList()
                        .block(LIMIT))
                .containsExactly("some", "short", "lines");
    }
}
