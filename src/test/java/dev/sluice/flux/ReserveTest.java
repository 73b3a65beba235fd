package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BudgetTooSmallException;
import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteOrder;
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
import org.junit.jupiter.params.provider.EnumSource;
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

    /** A source that joins a pipeline which waits to enter waits as well: its buffers are what others would wait for. */
    @ParameterizedTest
    @ValueSource(ints = {1_024 + 768, 4_000, 20_000})
    void allFinishWhereMergedSourcesMeetAnOperator(int budget) throws Exception {
        tight(budget);
        Path file = file(9_000);
        Mono<Long> each = BufferFlux.mergeBuffers(
                        List.of(
                                BufferFlux.read(file, tight, 1_000),
                                BufferFlux.read(
                                        ByteSources.bytes(new byte[9_000]).chunkSize(1_000), tight)),
                        2)
                .rechunk(700)
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length)
                .subscribeOn(Schedulers.boundedElastic());
        assertThat(runAll(MANY, each)).isEqualTo(MANY * 18_000L);
    }

    /** The prefix takes memory before the merge has subscribed to its sources, and the join keeps it. */
    @Test
    void allFinishWhereAPrefixComesBeforeMergedSources() throws Exception {
        tight(3 * 1_280 + 4 * 2_048 + 3 * 64 + 1_024);
        Path file = file(9_000);
        Mono<Long> each = BufferFlux.mergeBuffers(
                        List.of(BufferFlux.read(file, tight, 1_200), BufferFlux.read(file, tight, 900)), 2)
                .gzip()
                .split(new byte[] {0, 0, 0}, 2_000)
                .prefix("head".getBytes(StandardCharsets.UTF_8), tight)
                .join(20_000)
                .map(joined -> {
                    joined.release();
                    return 1L;
                })
                .onErrorReturn(ByteLimitException.class, 1L)
                .subscribeOn(Schedulers.boundedElastic());
        assertThat(runAll(2 * MANY, each)).isEqualTo(2 * MANY);
    }

    /** The budget covers any one of them, and no two of different kinds: those wait until the others have left. */
    @Test
    void allFinishThatNeedDifferentSizesAtDifferentDepths() throws Exception {
        tight(10 * KIB);
        Path file = file(20_000);
        List<BufferFlux> kinds = List.of(
                BufferFlux.read(file, tight, 8 * KIB).rechunk(KIB),
                BufferFlux.read(file, tight, KIB).rechunk(8 * KIB),
                BufferFlux.read(file, tight, KIB).rechunk(2 * KIB).rechunk(3 * KIB),
                BufferFlux.read(file, tight, KIB).gzip().gunzip().prefixLengths(4, ByteOrder.BIG_ENDIAN));
        Long sum = Flux.range(0, 4 * MANY)
                .flatMap(
                        i -> kinds.get(i % 4)
                                .consume(PooledBuffer::length)
                                .reduce(0L, (total, length) -> total + length)
                                .map(length -> length >= 20_000 ? 1L : 0L),
                        4 * MANY)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(4 * MANY);
    }

    /** Each holds memory of one pool and wants some of the other, both ways round. */
    @Test
    void allFinishThatTakeFromTwoPoolsInOppositeOrder() throws Exception {
        tight(KIB + 256);
        Path file = file(5_000);
        try (BufferPool other = BufferPool.builder().maxBytes(KIB + 256).build()) {
            BufferFlux here = BufferFlux.read(file, tight, KIB);
            BufferFlux there = BufferFlux.read(file, other, KIB);
            List<BufferFlux> kinds = List.of(
                    BufferFlux.concatBuffers(List.of(here, there)).rechunk(250),
                    BufferFlux.concatBuffers(List.of(there, here)).rechunk(250),
                    here.suffix(new byte[5_000 % KIB], other).suffix(new byte[100], tight),
                    there.suffix(new byte[5_000 % KIB], tight).suffix(new byte[100], other),
                    BufferFlux.mergeBuffers(List.of(here, there), 2).rechunk(250),
                    BufferFlux.mergeBuffers(List.of(there, here), 2).rechunk(250));
            Long sum = Flux.range(0, 6 * 40)
                    .flatMap(
                            i -> kinds.get(i % 6)
                                    .consume(PooledBuffer::length)
                                    .reduce(0L, (total, length) -> total + length)
                                    .map(length -> length > 5_000 ? 1L : 0L),
                            6 * 40)
                    .reduce(0L, Long::sum)
                    .block(LIMIT);
            assertThat(sum).isEqualTo(6 * 40);
        }
    }

    /** The buffer that is consumed comes back only when the pipeline within has ended, which needs memory, too. */
    @Test
    void aPipelineWithinAnotherFinishesOrIsRefused() throws Exception {
        Path file = file(5_000);
        for (int budget : new int[] {KIB, 2 * KIB, 3 * KIB}) {
            if (tight != null) {
                nothingIsLeftOfTheTight();
            }
            tight(budget);
            BufferFlux read = BufferFlux.read(file, tight, KIB);
            List<Flux<Integer>> ways = List.of(
                    read.consumeMany(outer -> read.consume(PooledBuffer::length), 1),
                    read.consumeManyOrdered(outer -> read.consume(PooledBuffer::length), 1));
            for (Flux<Integer> way : ways) {
                Mono<Integer> sum = way.reduce(0, Integer::sum);
                if (budget == KIB) {
                    assertThatThrownBy(() -> sum.block(LIMIT))
                            .isInstanceOfSatisfying(
                                    BudgetTooSmallException.class,
                                    e -> assertThat(e.smallestBytes()).isEqualTo(2 * KIB));
                } else {
                    assertThat(sum.block(LIMIT)).isEqualTo(5 * 5_000);
                }
            }
        }
    }

    /** Some hold an outer buffer and wait for an inner one: those that close the circle are refused, the others finish. */
    @Test
    void ofManyPipelinesWithinOthersNoneIsStuck() throws Exception {
        tight(4 * KIB);
        Path file = file(5_000);
        BufferFlux read = BufferFlux.read(file, tight, KIB);
        Mono<Integer> each = read.consumeMany(outer -> read.consume(PooledBuffer::length), 1)
                .reduce(0, Integer::sum)
                .onErrorReturn(BudgetTooSmallException.class, -1);
        List<Integer> sums =
                Flux.range(0, MANY).flatMap(i -> each, MANY).collectList().block(LIMIT);
        assertThat(sums).contains(25_000).isSubsetOf(25_000, -1);
    }

    /** The first wait that could never end names the budget that would do. */
    @ParameterizedTest
    @EnumSource
    void aBudgetBelowTheNeedIsNamedAtOnce(Need need) throws Exception {
        byte[] input = need == Need.GUNZIP ? Gzip.gzip(random(5_000)) : new byte[5_000];
        tight(need.least - 1);
        assertThatThrownBy(() -> need.over(
                                BufferFlux.read(ByteSources.bytes(input).chunkSize(KIB), tight), tight)
                        .consume(PooledBuffer::length)
                        .blockLast(LIMIT))
                .isInstanceOfSatisfying(BudgetTooSmallException.class, e -> {
                    assertThat(e.smallestBytes()).isEqualTo(need.least);
                    assertThat(e.limitBytes()).isEqualTo(need.least - 1);
                });
        nothingIsLeftOfTheTight();
        tight(need.least);
        need.over(BufferFlux.read(ByteSources.bytes(input).chunkSize(KIB), tight), tight)
                .consume(PooledBuffer::length)
                .blockLast(LIMIT);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    /** The operators of fixed need, and the smallest budget for each above a source of 1 KiB. */
    enum Need {
        RECHUNK(KIB + 2 * KIB),
        GZIP(KIB + 160),
        DEFLATE(KIB + 160),
        GUNZIP(KIB + 160),
        PREFIX_LENGTHS(KIB + 64),
        PREFIX(KIB + 112),
        SUFFIX(KIB + 112);

        private final int least;

        Need(int least) {
            this.least = least;
        }

        BufferFlux over(BufferFlux source, BufferPool pool) {
            return switch (this) {
                case RECHUNK -> source.rechunk(2 * KIB);
                case GZIP -> source.gzip();
                case DEFLATE -> source.deflate();
                case GUNZIP -> source.gunzip();
                case PREFIX_LENGTHS -> source.prefixLengths(4, ByteOrder.BIG_ENDIAN);
                case PREFIX -> source.prefix(new byte[100], pool);
                case SUFFIX -> source.suffix(new byte[100], pool);
            };
        }
    }

    @Test
    void whereTheNumberOfBuffersIsTheBoundItIsNamed() {
        tight = BufferPool.withMaxBuffers(1);
        assertThatThrownBy(
                        () -> BufferFlux.read(ByteSources.bytes(new byte[5_000]).chunkSize(KIB), tight)
                                .rechunk(1_000)
                                .consume(PooledBuffer::length)
                                .blockLast(LIMIT))
                .isInstanceOf(BudgetTooSmallException.class)
                .hasMessageContaining("at least 2 buffers of 1,024 bytes");
    }

    /** The prefix is what takes memory first: the pipeline enters with what the source needs as well. */
    @Test
    void allFinishThatBeginWithAPrefix() throws Exception {
        tight(KIB + 64 + 128);
        Path file = file(5_000);
        Mono<Long> each = BufferFlux.read(file, tight, KIB)
                .prefix(new byte[64], tight)
                .rechunk(128)
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length);
        assertThat(runAll(MANY, each)).isEqualTo(MANY * 5_064L);
    }

    /** The last buffer of one source may be kept until the next source gives more. */
    @Test
    void allFinishWhereABufferIsKeptFromOneSourceToTheNext() throws Exception {
        tight(4 * KIB + 512);
        Path file = file(3_000);
        BufferFlux read = BufferFlux.read(file, tight, KIB);
        Mono<Long> each = Flux.defer(() -> BufferFlux.mergeBuffers(List.of(read, read, read), 3)
                        .split(new byte[] {0, 0}, 200)
                        .consume(PooledBuffer::length))
                .reduce(0L, (sum, length) -> sum + length)
                .onErrorReturn(ByteLimitException.class, -1L);
        assertThat(runAll(MANY, each)).isEqualTo(-MANY);
    }

    /** A cache keeps what its source made, so the source would wait for itself. */
    @Test
    void aCacheLargerThanTheBudgetEndsInAnError() {
        tight(4 * KIB);
        BufferCache cache = BufferFlux.read(ByteSources.bytes(new byte[9 * KIB]).chunkSize(KIB), tight)
                .cacheBytes(100 * KIB);
        assertThatThrownBy(() -> cache.consume(PooledBuffer::length).blockLast(LIMIT))
                .isInstanceOfSatisfying(
                        BudgetTooSmallException.class,
                        e -> assertThat(e.smallestBytes()).isEqualTo(5 * KIB));
        cache.dispose();
    }

    /** A tee waits for the slowest of its subscribers, so all of them must get on. */
    @Test
    void allFinishWhereOneSourceFeedsSeveralOperators() throws Exception {
        tight(3 * KIB);
        Path file = file(20_000);
        Long sum = Flux.range(0, MANY)
                .flatMap(
                        i -> {
                            BufferFlux tee = BufferFlux.read(file, tight, KIB).tee(2, TeePolicy.SLOWEST);
                            return Flux.merge(
                                    tee.rechunk(999).consume(PooledBuffer::length),
                                    tee.rechunk(1_001).consume(PooledBuffer::length));
                        },
                        MANY)
                .reduce(0L, (total, length) -> total + length)
                .block(LIMIT);
        assertThat(sum).isEqualTo(2 * MANY * 20_000L);
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
