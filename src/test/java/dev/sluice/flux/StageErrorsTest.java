package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.BufferReleasedException;
import dev.sluice.InvalidSizeException;
import dev.sluice.PoolClosedException;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** What the operators refuse, and where they say it was. */
class StageErrorsTest extends FluxTest {

    private BufferFlux hex(String... pieces) {
        return BufferFlux.from(Flux.fromArray(pieces)
                .map(piece -> Cuts.buffer(pool, HexFormat.of().parseHex(piece.replace(" ", "")))));
    }

    @Test
    void badArgumentsAreRefusedAtAssembly() {
        BufferFlux flux = hex();
        refuses(() -> flux.rechunk(0), "the length of a chunk must be at least 1, not 0");
        refuses(() -> flux.takeBytes(-1), "the bytes to take must be at least 0, not -1");
        refuses(() -> flux.skipBytes(-2), "the bytes to skip must be at least 0, not -2");
        refuses(() -> flux.byteRange(-3, 0), "the offset of a range must be at least 0, not -3");
        refuses(() -> flux.byteRange(0, -4), "the length of a range must be at least 0, not -4");
        refuses(() -> flux.split(new byte[0], 1), "the length of a delimiter must be at least 1, not 0");
        refuses(() -> flux.split(new byte[1], 0), "the limit must be at least 1, not 0");
        refuses(() -> flux.lines(StandardCharsets.UTF_8, 0), "the limit must be at least 1, not 0");
        refuses(() -> flux.join(0), "the limit must be at least 1, not 0");
        refuses(() -> flux.asString(StandardCharsets.UTF_8, -5), "the limit must be at least 1, not -5");
        refuses(() -> flux.lengthPrefixed(4, ByteOrder.BIG_ENDIAN, 0), "the limit must be at least 1, not 0");
        for (int bytes : new int[] {0, 5, 6, 7, 9}) {
            refuses(
                    () -> flux.lengthPrefixed(bytes, ByteOrder.BIG_ENDIAN, 1),
                    "a length has 1, 2, 3, 4 or 8 bytes, not " + bytes);
        }
    }

    private static void refuses(Runnable assembly, String message) {
        assertThatIllegalArgumentException().isThrownBy(assembly::run).withMessage(message);
    }

    /** The error, with the source cancelled: it would go on for ever. */
    private <T> ByteStreamException errorOf(Publisher<T> result) {
        Throwable error = Flux.from(result)
                .doOnNext(each -> {
                    if (each instanceof PooledBuffer buffer) {
                        buffer.release();
                    }
                })
                .ignoreElements()
                .materialize()
                .map(signal -> (Throwable) signal.getThrowable())
                .block(LIMIT);
        nothingInFlight();
        return assertThat(error)
                .asInstanceOf(InstanceOfAssertFactories.type(ByteStreamException.class))
                .actual();
    }

    private BufferFlux endless(String text) {
        return BufferFlux.from(Flux.<PooledBuffer>generate(sink -> sink.next(buffer(text))));
    }

    @Test
    void whatIsTooLongCancelsAnEndlessSource() {
        assertThat(errorOf(endless("ab").split(new byte[] {'x'}, 1000))).isInstanceOf(ByteLimitException.class);
        assertThat(errorOf(endless("ab").lines(StandardCharsets.UTF_8, 1000))).isInstanceOf(ByteLimitException.class);
        assertThat(errorOf(endless("ab").join(1000))).isInstanceOf(ByteLimitException.class);
        assertThat(errorOf(endless("ab").asString(StandardCharsets.UTF_8, 1000)))
                .hasMessage("the input at offset 0 is longer than the limit of 1,000 bytes")
                .isInstanceOfSatisfying(
                        ByteLimitException.class, e -> assertThat(e.limit()).isEqualTo(1000));
    }

    @Test
    void neverHoldsMuchMoreThanTheLimit() {
        for (int length : new int[] {1, 10, 100, 1000}) {
            errorOf(endless("a".repeat(length)).split(new byte[] {'x'}, 1000));
            assertThat(pool.stats().peakBytes()).isLessThan(8192);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 03 01, 2, 'the record of 3 bytes at offset 0 is longer than the limit of 2 bytes'",
        "2, 0001 ff ffff, 100, 'the record of 65,535 bytes at offset 3 is longer than the limit of 100 bytes'",
        "3, ffffff, 100, 'the record of 16,777,215 bytes at offset 0 is longer than the limit of 100 bytes'",
        "4, 00000000 7fffffff, 100, 'the record of 2,147,483,647 bytes at offset 4 is longer than the limit of 100 bytes'",
        "4, 00000000 ffffffff, 100, 'the length is negative, -1, at offset 4'",
        "8, 8000000000000000, 100, 'the length is negative, -9,223,372,036,854,775,808, at offset 0'",
        "8, 0000000100000000, 100, 'the record of 4,294,967,296 bytes at offset 0 is longer than the limit of 100 bytes'",
        "2, 00, 100, 'the input ended within a length, at offset 1'",
        "2, 0003 6162, 100, 'the input ended within a record, at offset 4'",
        "2, 0003, 100, 'the input ended within a record, at offset 2'",
    })
    void lengthsThatAreRefused(int fieldBytes, String input, int max, String message) {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(errorOf(hex(input).lengthPrefixed(fieldBytes, ByteOrder.BIG_ENDIAN, max)))
                    .hasMessage(message);
            String[] pieces = input.replace(" ", "").split("(?<=\\G..)");
            assertThat(errorOf(hex(pieces).lengthPrefixed(fieldBytes, ByteOrder.BIG_ENDIAN, max)))
                    .hasMessage(message);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void aRefusedLengthTakesNoMemory() {
        BufferPool own = BufferPool.builder().maxBytes(1 << 20).build();
        StepVerifier.create(BufferFlux.from(Flux.defer(
                                () -> Flux.just(Cuts.buffer(own, new byte[] {0, 0, 1, 0})))) // 256
                        .lengthPrefixed(4, ByteOrder.BIG_ENDIAN, 255))
                .verifyError(ByteLimitException.class);
        assertThat(own.stats().totalAcquisitions()).isEqualTo(1);
        own.close();
    }

    @ParameterizedTest
    @CsvSource({
        "UTF-8, 61 ff 62, 1, 'a byte that is malformed in UTF-8 at offset 1'",
        "UTF-8, e2 82 61, 0, '2 bytes that are malformed in UTF-8 at offset 0'",
        "UTF-8, 6162 e282, 2, '2 bytes that are malformed in UTF-8 at offset 2'",
        "UTF-16BE, 0061 d83d 0061, 2, '4 bytes that are malformed in UTF-16BE at offset 2'",
        "US-ASCII, 61 62 63 80, 3, 'a byte that is malformed in US-ASCII at offset 3'",
    })
    void malformedBytesAreReported(String charset, String input, long offset, String message) {
        for (String[] pieces : new String[][] {{input}, input.replace(" ", "").split("(?<=\\G..)")}) {
            ByteStreamException error = errorOf(hex(pieces).decode(Charset.forName(charset), CodingErrorAction.REPORT));
            assertThat(error).isInstanceOf(MalformedBytesException.class).hasMessage(message);
            assertThat(error.offset()).isEqualTo(offset);
        }
    }

    @Test
    void whatCameBeforeMalformedBytesIsEmitted() {
        StepVerifier.create(hex("6162ff63").decode(StandardCharsets.UTF_8, CodingErrorAction.REPORT), 0)
                .thenRequest(1)
                .expectNext("ab")
                .thenRequest(1)
                .verifyError(MalformedBytesException.class);
    }

    @Test
    void anErrorOfTheSourceComesAfterWhatCameBeforeIt() {
        BufferFlux failing = BufferFlux.from(Flux.concat(buffers("a\nb\nc"), Flux.error(new IOException("gone"))));
        StepVerifier.create(failing.lines(StandardCharsets.UTF_8, 10), 0)
                .thenRequest(1)
                .expectNext("a")
                .thenRequest(1)
                .expectNext("b")
                .verifyErrorMessage("gone");
        StepVerifier.create(failing.rechunk(2).map(FluxTest::text))
                .expectNext("a\n", "b\n")
                .verifyErrorMessage("gone");
        StepVerifier.create(failing.join(10)).verifyErrorMessage("gone");
        StepVerifier.create(failing.asString(StandardCharsets.UTF_8, 10)).verifyErrorMessage("gone");
    }

    @Test
    void whatThePoolRefusesEndsTheSequence() {
        BufferPool small = BufferPool.builder().maxBytes(4096).build();
        StepVerifier.create(Cuts.every(small, new byte[20], 10).flux().rechunk(5000))
                .verifyError(InvalidSizeException.class);
        PooledBuffer[] first = {Cuts.buffer(small, new byte[10])};
        TestPublisher<PooledBuffer> source = TestPublisher.create();
        StepVerifier.create(BufferFlux.from(source).rechunk(20))
                .then(small::close)
                .then(() -> source.next(first[0]))
                .verifyError(PoolClosedException.class);
        source.assertCancelled();
        assertThat(small.stats().buffersInUse()).isZero();
    }

    @Test
    void aReleasedBufferEndsTheSequence() {
        PooledBuffer released = buffer("abc");
        released.release();
        StepVerifier.create(BufferFlux.from(Flux.just(released)).rechunk(2)).verifyError(BufferReleasedException.class);
    }

    @Test
    void aSubscriberThatThrowsLeavesNothingBehind() {
        RudeSource source = new RudeSource();
        Flux<PooledBuffer> throwing = BufferFlux.from(source).rechunk(2);
        throwing.subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                throw new LinkageError("fatal");
            }

            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(10);
            }
        });
        assertThatExceptionOfType(LinkageError.class)
                .isThrownBy(() -> source.subscriber.onNext(buffer("abcde")))
                .withMessage("fatal");
        nothingInFlight();
        assertThat(source.cancelled).isTrue();
        source.subscriber.onNext(buffer("late"));
        nothingInFlight();
    }

    @Test
    void emptyInputs() {
        StepVerifier.create(hex().join(1)).verifyComplete();
        StepVerifier.create(hex("", "").join(1)).verifyComplete();
        StepVerifier.create(hex("").asString(StandardCharsets.UTF_8, 1))
                .expectNext("")
                .verifyComplete();
        StepVerifier.create(hex().rechunk(1)).verifyComplete();
        StepVerifier.create(hex("").split(new byte[1], 1)).verifyComplete();
        StepVerifier.create(hex().lines(StandardCharsets.UTF_8, 1)).verifyComplete();
        StepVerifier.create(hex("").lengthPrefixed(2, ByteOrder.BIG_ENDIAN, 1)).verifyComplete();
        StepVerifier.create(hex().decode(StandardCharsets.UTF_8)).verifyComplete();
        Mono<PooledBuffer> whole = hex("00ff").join(2);
        StepVerifier.create(whole.map(FluxTest::bytes))
                .expectNextMatches(b -> b.length == 2)
                .verifyComplete();
    }
}
