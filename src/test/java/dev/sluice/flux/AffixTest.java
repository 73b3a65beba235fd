package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.InvalidSizeException;
import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Bytes before, between and after the buffers: {@code prefix}, {@code suffix} and {@code prefixLengths}. */
class AffixTest extends FluxTest {

    private static final byte[] HEAD = {'<'};
    private static final byte[] TAIL = {'>'};

    @Test
    void puttingBytesAround() {
        BufferFlux around =
                BufferFlux.from(buffers("a", "", "b")).prefix(HEAD, pool).suffix(TAIL, pool);
        StepVerifier.create(around.map(FluxTest::text), 0)
                .thenRequest(1)
                .expectNext("<")
                .thenRequest(2)
                .expectNext("a", "")
                .thenRequest(2)
                .expectNext("b", ">")
                .verifyComplete();
        StepVerifier.create(BufferFlux.from(buffers())
                        .prefix(HEAD, pool)
                        .suffix(TAIL, pool)
                        .map(FluxTest::text))
                .expectNext("<", ">")
                .verifyComplete();
    }

    @Test
    void noBytesAreNoBuffer() {
        byte[] none = new byte[0];
        StepVerifier.create(BufferFlux.from(buffers("a"))
                        .prefix(none, pool)
                        .suffix(none, pool)
                        .map(FluxTest::text))
                .expectNext("a")
                .verifyComplete();
        StepVerifier.create(BufferFlux.from(buffers()).prefix(none, pool).suffix(none, pool), 0)
                .verifyComplete();
    }

    @Test
    void laterChangesOfTheArrayDoNotMatter() {
        byte[] head = {'<'};
        BufferFlux flux = BufferFlux.from(buffers()).prefix(head, pool);
        head[0] = '!';
        StepVerifier.create(flux.map(FluxTest::text)).expectNext("<").verifyComplete();
    }

    /** The prefix needs no input, and the suffix no further one: but each needs a request. */
    @Test
    void memoryIsTakenWhenItIsWanted() {
        RudeSource source = new RudeSource();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.from(source).prefix(HEAD, pool).suffix(TAIL, pool).subscribe(subscriber);
        assertThat(pool.stats().totalAcquisitions()).isZero();
        subscriber.request(1);
        assertThat(subscriber.received).hasValue(1);
        assertThat(source.requested).hasValue(0);
        subscriber.request(1);
        assertThat(source.requested).hasValue(1);
        source.subscriber.onNext(buffer("a"));
        source.subscriber.onComplete();
        assertThat(subscriber.received).hasValue(2);
        assertThat(subscriber.completions).hasValue(0);
        long before = pool.stats().totalAcquisitions();
        subscriber.request(1);
        assertThat(pool.stats().totalAcquisitions()).isEqualTo(before + 1);
        assertThat(subscriber.received).hasValue(3);
        assertThat(subscriber.completions).hasValue(1);
        subscriber.releaseAll();
    }

    @Test
    void aFailedSourceHasAPrefixAndNoSuffix() {
        BufferFlux failing = BufferFlux.from(Flux.concat(buffers("a"), Flux.error(new IOException("gone"))));
        StepVerifier.create(failing.prefix(HEAD, pool).suffix(TAIL, pool).map(FluxTest::text))
                .expectNext("<", "a")
                .verifyErrorMessage("gone");
        StepVerifier.create(
                        BufferFlux.from(Flux.<PooledBuffer>error(new IOException("gone")))
                                .prefix(HEAD, pool)
                                .map(FluxTest::text),
                        0)
                .expectSubscription()
                .thenRequest(1)
                .expectNext("<")
                .verifyErrorMessage("gone");
    }

    @Test
    void waitsForItsTurnAndGivesItUp() {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            PooledBuffer taken = one.acquire(1);
            AnySubscriber subscriber = new AnySubscriber();
            Flux<Object> flux = BufferFlux.from(buffers("a")).prefix(HEAD, one).cast(Object.class);
            flux.subscribe(subscriber);
            subscriber.request(1);
            assertThat(one.stats().pending()).isEqualTo(1);
            subscriber.cancel();
            assertThat(one.stats().pending()).isZero();
            subscriber = new AnySubscriber();
            flux.subscribe(subscriber);
            subscriber.request(1);
            assertThat(subscriber.received).hasValue(0);
            taken.release();
            AnySubscriber second = subscriber;
            eventually(() -> second.received.get() == 1);
            subscriber.cancel();
            eventually(() -> one.stats().buffersInUse() == 0, one::stats);
        }
        try (BufferPool small = BufferPool.builder().maxBytes(1024).build()) {
            StepVerifier.create(BufferFlux.from(buffers("a"))
                            .suffix(new byte[2000], small)
                            .map(FluxTest::text))
                    .expectNext("a")
                    .verifyError(InvalidSizeException.class);
        }
    }

    /** What is written is read. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 8})
    void prefixLengths(int fieldBytes) {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            ByteOrder order = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            List<byte[]> records = new ArrayList<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                records.add(content(random.nextInt(random.nextBoolean() ? 256 : 4)));
            }
            BufferFlux written = new Cuts(pool, records).flux().prefixLengths(fieldBytes, order);
            List<byte[]> read = written.rechunk(1 + random.nextInt(300))
                    .lengthPrefixed(fieldBytes, order, 1000)
                    .map(FluxTest::bytes)
                    .collectList()
                    .block(LIMIT);
            assertThat(hex(read)).as("with seed %d", seed).isEqualTo(hex(records));
        }
    }

    private static List<String> hex(List<byte[]> arrays) {
        return arrays.stream().map(HexFormat.of()::formatHex).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 00 05 ff",
        "2, 0000 0005 00ff",
        "3, 000000 000005 0000ff",
        "4, 00000000 00000005 000000ff",
        "8, 0000000000000000 0000000000000005 00000000000000ff",
    })
    void theLengthsAreBuffersOfTheirOwn(int fieldBytes, String expected) {
        ByteArrayOutputStream lengths = new ByteArrayOutputStream();
        List<byte[]> records = List.of(new byte[0], new byte[5], new byte[255]);
        List<byte[]> all = new Cuts(pool, records)
                .flux()
                .prefixLengths(fieldBytes, ByteOrder.BIG_ENDIAN)
                .map(FluxTest::bytes)
                .collectList()
                .block(LIMIT);
        assertThat(all).hasSize(5);
        for (int i : new int[] {0, 1, 3}) {
            lengths.writeBytes(all.get(i));
        }
        assertThat(HexFormat.of().formatHex(lengths.toByteArray())).isEqualTo(expected.replace(" ", ""));
    }

    @Test
    void theRecordPassesAsItIs() {
        PooledBuffer record = buffer("abc");
        List<PooledBuffer> all = BufferFlux.from(Flux.just(record))
                .prefixLengths(4, ByteOrder.BIG_ENDIAN)
                .collectList()
                .block(LIMIT);
        assertThat(all.get(1)).isSameAs(record);
        all.forEach(PooledBuffer::release);
    }

    @Test
    void whatIsTooLongForTheFieldIsRefused() {
        BufferFlux flux = new Cuts(pool, List.of(new byte[255], new byte[256])).flux();
        StepVerifier.create(flux.prefixLengths(1, ByteOrder.BIG_ENDIAN).consume(PooledBuffer::length))
                .expectNext(1, 255)
                .verifyErrorMessage("the record of 256 bytes at offset 255 is longer than the limit of 255 bytes");
        nothingInFlight();
        StepVerifier.create(flux.prefixLengths(2, ByteOrder.BIG_ENDIAN).consume(PooledBuffer::length))
                .expectNext(2, 255, 2, 256)
                .verifyComplete();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.prefixLengths(5, ByteOrder.BIG_ENDIAN))
                .withMessage("a length has 1, 2, 3, 4 or 8 bytes, not 5");
    }

    /** More than 2 GiB before it. */
    @Test
    void offsetsAbove31Bits() {
        PooledBuffer large = Cuts.buffer(pool, new byte[(1 << 24) - 1]);
        PooledBuffer tooLarge = Cuts.buffer(pool, new byte[1 << 24]);
        BufferFlux flux = BufferFlux.from(Flux.range(0, 301).map(i -> i < 300 ? large.retain() : tooLarge.retain()));
        StepVerifier.create(flux.prefixLengths(3, ByteOrder.BIG_ENDIAN).consume(PooledBuffer::length))
                .expectNextCount(600)
                .verifyErrorSatisfies(e -> assertThat(e).isInstanceOfSatisfying(ByteLimitException.class, limit -> {
                    assertThat(limit.offset()).isEqualTo(300L * ((1 << 24) - 1));
                    assertThat(limit.limit()).isEqualTo((1 << 24) - 1);
                }));
        large.release();
        tooLarge.release();
    }
}
