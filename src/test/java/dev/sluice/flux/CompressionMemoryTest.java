package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.BufferPool;
import dev.sluice.BufferPools;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** What compressing and uncompressing takes, and gives back: of the pool, and of zlib. */
class CompressionMemoryTest extends FluxTest {

    private static final AtomicInteger MADE = new AtomicInteger();
    private static final AtomicInteger ENDED = new AtomicInteger();

    /** The operators, with zlib's memory counted. */
    enum Coding {
        GZIP,
        DEFLATE,
        GUNZIP,
        INFLATE;

        BufferFlux over(BufferFlux source) {
            Function<StageMemory, Stage<PooledBuffer>> stages = memory -> switch (this) {
                case GZIP -> new StageDeflate(memory, () -> new CountedDeflater(true), true, Flush.AT_END);
                case DEFLATE -> new StageDeflate(memory, () -> new CountedDeflater(false), false, Flush.AT_END);
                case GUNZIP -> new StageGunzip(memory, () -> new CountedInflater(true), Long.MAX_VALUE, 1032, Set.of());
                case INFLATE ->
                    new StageInflate(memory, () -> new CountedInflater(false), Long.MAX_VALUE, 1032, Set.of());
            };
            return BufferFlux.from(new FluxStage<>(source, name(), stages));
        }

        byte[] inputFor(byte[] content) {
            return switch (this) {
                case GZIP, DEFLATE -> content;
                case GUNZIP -> Gzip.concat(Gzip.gzip(content), Gzip.gzip(content));
                case INFLATE -> Gzip.deflate(content, 6);
            };
        }
    }

    private static final class CountedDeflater extends Deflater {

        private boolean ended;

        CountedDeflater(boolean bare) {
            super(DEFAULT_COMPRESSION, bare);
            MADE.incrementAndGet();
        }

        @Override
        public void end() {
            ENDED.addAndGet(ended ? 0 : 1);
            ended = true;
            super.end();
        }
    }

    private static final class CountedInflater extends Inflater {

        private boolean ended;

        CountedInflater(boolean bare) {
            super(bare);
            MADE.incrementAndGet();
        }

        @Override
        public void end() {
            ENDED.addAndGet(ended ? 0 : 1);
            ended = true;
            super.end();
        }
    }

    private static void allAreEnded(int atLeast) {
        assertThat(ENDED.get()).isEqualTo(MADE.get());
        assertThat(MADE.getAndSet(0)).isGreaterThanOrEqualTo(atLeast);
        ENDED.set(0);
    }

    @ParameterizedTest
    @EnumSource
    void zlibIsEndedAtTheEnd(Coding coding) {
        byte[] input = coding.inputFor(content(100_000));
        coding.over(Cuts.every(pool, input, 1000).flux())
                .doOnNext(PooledBuffer::release)
                .blockLast(LIMIT);
        allAreEnded(1);
    }

    @ParameterizedTest
    @EnumSource
    void zlibIsEndedAfterAnError(Coding coding) {
        byte[] input = coding.inputFor(content(100_000));
        BufferFlux failing = BufferFlux.from(
                Flux.concat(Cuts.every(pool, input, 1000).flux().take(5), Flux.error(new IOException("gone"))));
        StepVerifier.create(coding.over(failing).consume(PooledBuffer::length))
                .thenConsumeWhile(length -> true)
                .verifyErrorMessage("gone");
        allAreEnded(1);
        if (coding == Coding.GUNZIP || coding == Coding.INFLATE) {
            input[3000] ^= 1;
            StepVerifier.create(coding.over(Cuts.every(pool, input, 999).flux()).consume(PooledBuffer::length))
                    .thenConsumeWhile(length -> true)
                    .verifyError(MalformedBytesException.class);
            allAreEnded(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void zlibIsEndedWhereASubscriberThrows(Coding coding) {
        RudeSource source = new RudeSource();
        coding.over(BufferFlux.from(source)).subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                requestUnbounded();
            }

            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                throw new LinkageError("fatal");
            }
        });
        PooledBuffer input = Cuts.buffer(pool, coding.inputFor(content(100_000)));
        assertThatExceptionOfType(LinkageError.class).isThrownBy(() -> source.subscriber.onNext(input));
        allAreEnded(1);
    }

    /** Whoever wins: each is made on one thread and ended on another, and none twice or never. */
    @ParameterizedTest
    @EnumSource
    void zlibIsEndedWheneverItIsCancelled(Coding coding) {
        byte[] input = coding.inputFor(content(5000));
        for (int round = 0; round < 1000; round++) {
            AnySubscriber subscriber = new AnySubscriber();
            coding.over(Cuts.every(pool, input, 500 + round % 700).flux()).subscribe(subscriber);
            RaceTestUtils.race(
                    () -> {
                        subscriber.request(1);
                        subscriber.requestUnbounded();
                    },
                    subscriber::cancel);
            assertThat(pool.stats().buffersInUse()).isZero();
            assertThat(ENDED.get()).isEqualTo(MADE.get());
        }
        allAreEnded(1);
    }

    @ParameterizedTest
    @EnumSource
    void zlibIsNotMadeBeforeItIsNeeded(Coding coding) {
        RudeSource source = new RudeSource();
        AnySubscriber subscriber = new AnySubscriber();
        coding.over(BufferFlux.from(source)).subscribe(subscriber);
        subscriber.request(1);
        assertThat(MADE.get()).isZero();
        subscriber.cancel();
        allAreEnded(0);
    }

    /** The smallest budget: a buffer of the source, and a chunk of an eighth of the budget, 148 bytes in a slot of 160. */
    @ParameterizedTest
    @EnumSource
    void oneNeedsRoomForABufferAndAChunk(Coding coding) throws IOException {
        byte[] input = coding.inputFor(content(50_000));
        Path file = Files.write(dir.resolve("input"), input);
        BufferPool exact = BufferPool.builder().maxBytes(1024 + 160).build();
        long length = coding.over(
                        BufferFlux.read(ByteSources.file(file).chunkSize(1024).on(Schedulers.immediate()), exact))
                .consume(PooledBuffer::length)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(length).isGreaterThanOrEqualTo(50_000);
        assertThat(exact.stats().peakBytes()).isEqualTo(1184);
        assertThat(exact.stats().buffersInUse()).isZero();
        exact.close();
        allAreEnded(1);
    }

    @ParameterizedTest
    @EnumSource
    void manyNeedRoomForEach(Coding coding) throws IOException {
        int many = 4;
        Path file = Files.write(dir.resolve("input"), coding.inputFor(content(300_000)));
        BufferPool tight = BufferPool.builder().maxBytes(32 << 10).build();
        Long bytes = Flux.range(0, many)
                .flatMap(i -> coding.over(BufferFlux.read(file, tight, 1024)).consume(PooledBuffer::length), many)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(bytes).isGreaterThanOrEqualTo(many * 300_000L);
        eventually(() -> tight.stats().buffersInUse() == 0, tight::stats);
        tight.close();
        allAreEnded(many);
    }

    @ParameterizedTest
    @EnumSource
    void waitsForItsTurnAndGivesItUp(Coding coding) {
        try (BufferPool two = BufferPool.builder().maxBytes(4096).build()) {
            byte[] input = coding.inputFor(content(3000));
            for (boolean cancel : new boolean[] {true, false}) {
                RudeSource source = new RudeSource();
                AnySubscriber subscriber = new AnySubscriber();
                coding.over(BufferFlux.from(source)).subscribe(subscriber);
                subscriber.requestUnbounded();
                PooledBuffer first = Cuts.buffer(two, Arrays.copyOf(input, 600));
                List<PooledBuffer> taken = new ArrayList<>();
                while (two.tryAcquire(512).map(taken::add).orElse(false)) {}
                while (two.tryAcquire(64).map(taken::add).orElse(false)) {}
                source.subscriber.onNext(first);
                assertThat(two.stats().pending()).isEqualTo(1);
                if (cancel) {
                    subscriber.cancel();
                } else {
                    source.subscriber.onError(new IOException("gone"));
                    assertThat(subscriber.error).isNull();
                }
                taken.forEach(PooledBuffer::release);
                eventually(() -> two.stats().pending() == 0 && two.stats().buffersInUse() == 0, two::stats);
                eventually(() -> subscriber.ends.get() == (cancel ? 0 : 1));
            }
        }
        allAreEnded(0);
    }

    /** The few bytes for nothing come from the shared pool, and only when they are wanted. */
    @Test
    void nothingIsCompressedInTheSharedPool() throws IOException {
        long before = BufferPools.stats().small().totalAcquisitions();
        AnySubscriber nobody = new AnySubscriber();
        BufferFlux.from(Flux.<PooledBuffer>empty()).gzip().subscribe(nobody);
        assertThat(BufferPools.stats().small().totalAcquisitions()).isEqualTo(before);
        nobody.cancel();
        PooledBuffer gzip =
                BufferFlux.from(Flux.<PooledBuffer>empty()).gzip().join(100).block(LIMIT);
        assertThat(gzip.pool()).isSameAs(BufferPools.small());
        assertThat(Gzip.gunzip(bytes(gzip))).isEmpty();
        PooledBuffer zlib = BufferFlux.from(buffers("")).deflate().join(100).block(LIMIT);
        assertThat(zlib.pool()).isSameAs(pool);
        assertThat(Gzip.inflate(bytes(zlib))).isEmpty();
        assertThat(BufferPools.stats().small().buffersInUse()).isZero();
    }

    /** Whole blocks of zeros, each flushed so that it can be repeated, in one member of more than 4 GiB. */
    @Test
    @Tag("long")
    void lengthsAbove32Bits() {
        int block = 64 << 20;
        int blocks = 65;
        Deflater deflater = new Deflater(6, true);
        deflater.setInput(new byte[block]);
        byte[] deflated = new byte[1 << 20];
        int length = deflater.deflate(deflated, 0, deflated.length, Deflater.FULL_FLUSH);
        deflater.end();
        CRC32 crc = new CRC32();
        ByteBuffer zeros = ByteBuffer.allocateDirect(block);
        for (int i = 0; i < blocks; i++) {
            crc.update(zeros.clear());
        }
        byte[] end = ByteBuffer.allocate(10)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) 3)
                .putInt((int) crc.getValue())
                .putInt((int) ((long) block * blocks))
                .array();
        PooledBuffer repeated = Cuts.buffer(pool, Arrays.copyOf(deflated, length));
        byte[] header = Arrays.copyOf(Gzip.gzip(new byte[0]), 10);
        BufferFlux member = BufferFlux.from(Flux.range(0, blocks).map(i -> repeated.retain()))
                .prefix(header, pool)
                .suffix(end, pool);
        assertThat(member.gunzip(Long.MAX_VALUE, 1032)
                        .consume(buffer -> (long) buffer.length())
                        .reduce(0L, Long::sum)
                        .block())
                .isEqualTo((long) block * blocks);
        repeated.release();
    }

    /** More than 4 GiB into gzip, whose trailer has the length modulo that. */
    @Test
    @Tag("long")
    void compressesMoreThan32Bits() {
        PooledBuffer zeros = Cuts.buffer(pool, new byte[1 << 20]);
        long bytes = (4L << 30) + (3 << 20);
        BufferFlux repeated = BufferFlux.from(Flux.range(0, (int) (bytes >> 20)).map(i -> zeros.retain()));
        assertThat(repeated.gzip(1)
                        .gunzip(bytes, 1032)
                        .consume(buffer -> (long) buffer.length())
                        .reduce(0L, Long::sum)
                        .block())
                .isEqualTo(bytes);
        zeros.release();
    }

    /** Offsets are those of all the input: here, after 2 GiB of padding. */
    @Test
    void offsetsAbove31Bits() {
        PooledBuffer zeros = Cuts.buffer(pool, new byte[16 << 20]);
        byte[] member = Gzip.gzip(new byte[5]);
        BufferFlux padded = BufferFlux.from(Flux.concat(
                Cuts.every(pool, member, 100).flux(), Flux.range(0, 130).map(i -> zeros.retain()), buffers("x")));
        StepVerifier.create(padded.gunzip().consume(PooledBuffer::length))
                .expectNext(5)
                .verifyErrorSatisfies(e -> assertThat(((MalformedBytesException) e).offset())
                        .isEqualTo(member.length + 130L * (16 << 20)));
        zeros.release();
    }
}
