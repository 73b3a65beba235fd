package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Arrays, texts and {@code ByteBuffer}s as sequences. */
class FromMemoryTest extends FluxTest {

    private static final String[] CHARACTERS = {"a", "\n", "é", "€", "😀", "漢", "ß", "\uD800", "\uDC00"};

    @ParameterizedTest
    @ValueSource(
            strings = {"UTF-8", "UTF-16", "UTF-32", "US-ASCII", "ISO-8859-1", "Shift_JIS", "ISO-2022-JP", "GB18030"})
    void encodesAsTheWholeStringWould(String name) {
        Charset charset = Charset.forName(name);
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(200); i > 0; i--) {
                text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
            }
            int chunk = 1 + random.nextInt(random.nextBoolean() ? 8 : 300);
            List<Integer> lengths = new ArrayList<>();
            byte[] encoded = BufferFlux.from(
                            BufferFlux.read(ByteSources.text(text, charset).chunkSize(chunk), pool)
                                    .doOnNext(buffer -> lengths.add(buffer.length()))
                                    .limitRate(1 + random.nextInt(5), 0))
                    .join(1 << 16)
                    .map(FluxTest::bytes)
                    .defaultIfEmpty(new byte[0])
                    .block(LIMIT);
            assertThat(encoded)
                    .as("with seed %d", seed)
                    .isEqualTo(text.toString().getBytes(charset));
            assertThat(lengths.subList(0, Math.max(0, lengths.size() - 1))).allMatch(length -> length == chunk);
        }
    }

    /** A text of which only the beginning can be asked for. */
    @Test
    void encodesNoMoreThanIsRequested() {
        CharSequence endless = new CharSequence() {
            @Override
            public int length() {
                return Integer.MAX_VALUE;
            }

            @Override
            public char charAt(int index) {
                assertThat(index).isLessThan(1000);
                return 'x';
            }

            @Override
            public CharSequence subSequence(int start, int end) {
                throw new AssertionError("a copy");
            }
        };
        StepVerifier.create(
                        BufferFlux.read(
                                        ByteSources.text(endless, StandardCharsets.UTF_8)
                                                .chunkSize(100),
                                        pool)
                                .consume(PooledBuffer::length),
                        2)
                .expectNext(100, 100)
                .thenCancel()
                .verify();
    }

    @Test
    void aShortTextTakesASmallBuffer() {
        StepVerifier.create(BufferFlux.read(
                        ByteSources.text("short", StandardCharsets.UTF_8).chunkSize(1 << 20), pool))
                .consumeNextWith(buffer -> {
                    assertThat(buffer.capacity()).isLessThan(200);
                    buffer.release();
                })
                .verifyComplete();
    }

    @Test
    void aCharsetThatOnlyDecodesIsRefused() {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> BufferFlux.read(
                        ByteSources.text("a", Charset.forName("x-JISAutoDetect"))
                                .chunkSize(10),
                        pool))
                .withMessageContaining("x-JISAutoDetect");
    }

    @Test
    void splitsLongByteBuffersAndSkipsEmptyOnes() {
        StepVerifier.create(BufferFlux.fromByteBuffers(
                                Flux.just("", "ab", "", "cdefghi", "j", "")
                                        .map(text -> ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII))),
                                pool,
                                3)
                        .map(FluxTest::text))
                .expectNext("ab", "cde", "fgh", "i", "j")
                .verifyComplete();
    }

    @Test
    void readsFromThePositionToTheLimitAndLeavesBoth() {
        ByteBuffer part = ByteBuffer.allocateDirect(10).put("0123456789".getBytes(StandardCharsets.US_ASCII));
        part.position(2).limit(5);
        StepVerifier.create(BufferFlux.fromByteBuffers(Flux.just(part, part.asReadOnlyBuffer()), pool, 10)
                        .map(FluxTest::text))
                .expectNext("234", "234")
                .verifyComplete();
        assertThat(part.position()).isEqualTo(2);
        assertThat(part.limit()).isEqualTo(5);
    }

    @Test
    void fetchesByteBuffersOneAtATime() {
        AtomicLong requested = new AtomicLong();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.fromByteBuffers(
                        Flux.range(0, 10)
                                .map(i -> ByteBuffer.wrap(new byte[20]))
                                .doOnRequest(requested::addAndGet),
                        pool,
                        10)
                .subscribe(subscriber);
        assertThat(requested).hasValue(0);
        subscriber.request(1);
        assertThat(requested).hasValue(1);
        subscriber.request(1);
        assertThat(requested).hasValueLessThanOrEqualTo(2);
        subscriber.request(4);
        assertThat(requested).hasValueLessThanOrEqualTo(4);
        assertThat(pool.stats().buffersInUse()).isLessThanOrEqualTo(6);
        subscriber.cancel();
        subscriber.releaseAll();
    }

    @Test
    void anErrorComesAfterWhatCameBefore() {
        TestPublisher<ByteBuffer> source = TestPublisher.create();
        StepVerifier.create(BufferFlux.fromByteBuffers(source, pool, 2).map(FluxTest::text), 1)
                .then(() -> source.next(ByteBuffer.wrap("abc".getBytes(StandardCharsets.US_ASCII))))
                .expectNext("ab")
                .then(() -> source.error(new IOException("gone")))
                .thenRequest(1)
                .expectNext("c")
                .verifyErrorMessage("gone");
    }

    @Test
    void cancellingCancelsTheSource() {
        TestPublisher<ByteBuffer> source = TestPublisher.create();
        StepVerifier.create(BufferFlux.fromByteBuffers(source, pool, 2).map(FluxTest::text))
                .then(() -> source.next(ByteBuffer.wrap(new byte[1])))
                .expectNextCount(1)
                .thenCancel()
                .verify();
        source.assertCancelled();
    }
}
