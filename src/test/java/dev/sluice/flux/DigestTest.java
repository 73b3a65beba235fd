package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.sluice.BufferPool;
import dev.sluice.BufferReleasedException;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.Adler32;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** Digests and checksums, of all the bytes or on their way. */
class DigestTest extends FluxTest {

    private interface Property {
        void check(byte[] content, BufferFlux cut) throws Exception;
    }

    private void forAnyCut(Property property) throws Exception {
        try (BufferPool heap =
                BufferPool.builder().maxBytes(4 << 20).direct(false).build()) {
            for (int seed = 0; seed < 200; seed++) {
                Random random = new Random(seed);
                byte[] content = new byte[random.nextInt(random.nextBoolean() ? 30 : 3000)];
                random.nextBytes(content);
                BufferPool from = seed % 2 == 0 ? pool : heap;
                property.check(content, Cuts.of(from, content, random).flux());
                assertThat(from.stats().buffersInUse()).as("with seed %d", seed).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SHA-256", "SHA-512", "SHA-1", "MD5", "SHA3-256"})
    void digestsWhatTheJdkDigests(String algorithm) throws Exception {
        forAnyCut((content, cut) -> {
            byte[] expected = MessageDigest.getInstance(algorithm).digest(content);
            assertThat(cut.digest(algorithm).block(LIMIT)).isEqualTo(expected);
            List<byte[]> digests = new ArrayList<>();
            cut.digest(algorithm, digests::add).doOnNext(PooledBuffer::release).blockLast(LIMIT);
            assertThat(digests).hasSize(1).first().isEqualTo(expected);
        });
    }

    @Test
    void sumsWhatTheJdkSums() throws Exception {
        forAnyCut((content, cut) -> {
            for (Checksum expected : new Checksum[] {new CRC32(), new CRC32C(), new Adler32()}) {
                expected.update(content);
                Class<? extends Checksum> type = expected.getClass();
                assertThat(cut.checksum(() -> made(type)).block(LIMIT)).isEqualTo(expected.getValue());
                AtomicLong sum = new AtomicLong(-1);
                cut.checksum(() -> made(type), sum::set)
                        .doOnNext(PooledBuffer::release)
                        .blockLast(LIMIT);
                assertThat(sum).hasValue(expected.getValue());
            }
        });
    }

    private static Checksum made(Class<? extends Checksum> type) {
        try {
            return type.getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Whoever moved the position of a buffer's view has not changed its content. */
    @Test
    void theContentCountsAndNotThePosition() {
        PooledBuffer read = buffer("abc");
        read.byteBuffer().get();
        CRC32 crc = new CRC32();
        crc.update("abc".getBytes(StandardCharsets.US_ASCII));
        assertThat(BufferFlux.from(Flux.just(read)).checksum(CRC32::new).block(LIMIT))
                .isEqualTo(crc.getValue());
        PooledBuffer passing = buffer("abc");
        passing.byteBuffer().get();
        StepVerifier.create(BufferFlux.from(Flux.just(passing))
                        .checksum(CRC32::new, sum -> assertThat(sum).isEqualTo(crc.getValue())))
                .assertNext(same -> {
                    assertThat(same).isSameAs(passing);
                    assertThat(same.byteBuffer().position()).isEqualTo(1);
                    same.release();
                })
                .verifyComplete();
    }

    @Test
    void eachSubscriptionStartsAnew() {
        AtomicLong sum = new AtomicLong();
        BufferFlux flux = BufferFlux.from(buffers("a", "b")).checksum(CRC32::new, sum::set);
        for (int i = 0; i < 2; i++) {
            sum.set(-1);
            flux.doOnNext(PooledBuffer::release).blockLast(LIMIT);
            assertThat(sum).hasValue(0x9E83486DL);
        }
    }

    @Test
    void theDigestComesBeforeCompletionAndOnlyThen() {
        List<String> order = new ArrayList<>();
        BufferFlux.from(buffers("a"))
                .digest("MD5", digest -> order.add("digest"))
                .doOnComplete(() -> order.add("complete"))
                .doOnNext(PooledBuffer::release)
                .blockLast(LIMIT);
        assertThat(order).containsExactly("digest", "complete");
        order.clear();
        BufferFlux failing = BufferFlux.from(Flux.concat(buffers("a"), Flux.error(new IOException("gone"))));
        StepVerifier.create(failing.digest("MD5", digest -> order.add("digest")).map(FluxTest::text))
                .expectNext("a")
                .verifyErrorMessage("gone");
        StepVerifier.create(failing.digest("MD5")).verifyErrorMessage("gone");
        StepVerifier.create(failing.checksum(CRC32::new)).verifyErrorMessage("gone");
        StepVerifier.create(
                        BufferFlux.from(buffers("a", "b"))
                                .checksum(CRC32::new, sum -> order.add("sum"))
                                .map(FluxTest::text),
                        1)
                .expectNext("a")
                .thenCancel()
                .verify();
        assertThat(order).isEmpty();
    }

    @Test
    void aListenerThatThrowsFailsTheSequence() {
        StepVerifier.create(BufferFlux.from(buffers("a"))
                        .digest("MD5", digest -> {
                            throw new IllegalStateException("mismatch");
                        })
                        .map(FluxTest::text))
                .expectNext("a")
                .verifyErrorMessage("mismatch");
    }

    @Test
    void aChecksumThatThrowsLosesNoBuffer() {
        class Refusing extends CRC32 {
            @Override
            public void update(ByteBuffer bytes) {
                throw new IllegalStateException("refused");
            }
        }
        BufferFlux flux = BufferFlux.from(buffers("a", "b"));
        StepVerifier.create(flux.checksum(Refusing::new)).verifyErrorMessage("refused");
        StepVerifier.create(flux.checksum(Refusing::new, sum -> {})).verifyErrorMessage("refused");
        nothingInFlight();
        PooledBuffer released = buffer("a");
        released.release();
        StepVerifier.create(BufferFlux.from(Flux.just(released)).checksum(CRC32::new, sum -> {}))
                .verifyError(BufferReleasedException.class);
    }

    @Test
    void refusesWhatTheJvmDoesNotKnowAtAssembly() {
        BufferFlux flux = BufferFlux.from(buffers());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.digest("SHA-257"))
                .withMessage("this JVM has no digest called SHA-257");
        assertThatIllegalArgumentException().isThrownBy(() -> flux.digest("", digest -> {}));
        assertThatNullPointerException().isThrownBy(() -> flux.digest("MD5", null));
        assertThatNullPointerException().isThrownBy(() -> flux.checksum(null));
        assertThatNullPointerException().isThrownBy(() -> flux.checksum(CRC32::new, null));
        StepVerifier.create(flux.checksum(() -> null)).verifyError(NullPointerException.class);
    }

    @Test
    void passesRequestsAndCancellationOn() {
        RudeSource source = new RudeSource();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux flux = BufferFlux.from(source).digest("MD5", digest -> {});
        assertThat(Scannable.from(flux).scan(Scannable.Attr.PARENT)).isNotNull();
        flux.subscribe(subscriber);
        assertThat(source.requested).hasValue(0);
        subscriber.request(7);
        assertThat(source.requested).hasValue(7);
        PooledBuffer same = buffer("a");
        source.subscriber.onNext(same);
        assertThat(subscriber.held).containsExactly(same);
        subscriber.releaseAll();
        source.subscriber.onComplete();
        source.subscriber.onNext(buffer("late"));
        source.subscriber.onComplete();
        assertThat(subscriber.completions).hasValue(1);
        subscriber.cancel();
    }

    @Test
    void cancelAgainstOnNext() {
        for (int round = 0; round < 2000; round++) {
            RudeSource source = new RudeSource();
            AnySubscriber subscriber = new AnySubscriber();
            boolean passing = round % 2 == 0;
            Flux<Object> flux = passing
                    ? BufferFlux.from(source).digest("MD5", digest -> {}).cast(Object.class)
                    : BufferFlux.from(source).digest("MD5").flux().cast(Object.class);
            flux.subscribe(subscriber);
            subscriber.request(1);
            PooledBuffer input = buffer("abc");
            RaceTestUtils.race(() -> source.subscriber.onNext(input), subscriber::cancel);
            assertThat(source.cancelled).isTrue();
            assertThat(pool.stats().buffersInUse()).isZero();
        }
    }
}
