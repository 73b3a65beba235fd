package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What compressed input may do wrong, and how it is told; and bombs. */
class CompressionErrorsTest extends FluxTest {

    private static final byte[] CONTENT =
            "to be, or not to be: that is the question".getBytes(StandardCharsets.US_ASCII);

    /** With everything that a header may have. */
    private static final byte[] MEMBER = Gzip.member(CONTENT, new byte[] {7, 8, 9}, "name", "comment", true);

    /** All bytes, or the error. */
    private Object outcome(byte[] compressed, int piece, Function<BufferFlux, BufferFlux> operator) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Object outcome = operator.apply(Cuts.every(pool, compressed, piece).flux())
                .doOnNext(buffer -> all.writeBytes(bytes(buffer)))
                .then(Mono.<Object>fromSupplier(all::toByteArray))
                .onErrorResume(Mono::just)
                .block(LIMIT);
        nothingInFlight();
        return outcome;
    }

    private ByteStreamException error(byte[] compressed, int piece, Function<BufferFlux, BufferFlux> operator) {
        Object outcome = outcome(compressed, piece, operator);
        assertThat(outcome).isInstanceOf(ByteStreamException.class);
        return (ByteStreamException) outcome;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000})
    void truncatedAnywhere(int piece) {
        for (int length = 0; length < MEMBER.length; length++) {
            assertThat(error(Arrays.copyOf(MEMBER, length), piece, BufferFlux::gunzip))
                    .isInstanceOf(TruncatedBytesException.class)
                    .extracting(ByteStreamException::offset)
                    .isEqualTo((long) length);
        }
        byte[] zlib = Gzip.deflate(CONTENT, 6);
        for (int length = 0; length < zlib.length; length++) {
            assertThat(error(Arrays.copyOf(zlib, length), piece, BufferFlux::inflate))
                    .isInstanceOf(TruncatedBytesException.class)
                    .extracting(ByteStreamException::offset)
                    .isEqualTo((long) length);
        }
    }

    /** One checksum covers the header, another the content; only the last bits of deflated data mean nothing. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 1000})
    void anyBitFlippedIsDetected(int piece) {
        everyBit(MEMBER, 8, piece, BufferFlux::gunzip);
        everyBit(Gzip.deflate(CONTENT, 6), 4, piece, BufferFlux::inflate);
    }

    private void everyBit(byte[] compressed, int trailerBytes, int piece, Function<BufferFlux, BufferFlux> operator) {
        for (int bit = 0; bit < 8 * compressed.length; bit++) {
            Object outcome = outcome(flipped(compressed, bit), piece, operator);
            if (outcome instanceof byte[] content) {
                assertThat(content).as("bit %d", bit).isEqualTo(CONTENT);
                assertThat(bit / 8).as("harmless").isEqualTo(compressed.length - trailerBytes - 1);
            } else {
                assertThat(outcome).as("bit %d", bit).isInstanceOf(ByteStreamException.class);
                assertThat(((ByteStreamException) outcome).offset()).isBetween(0L, (long) compressed.length);
            }
        }
    }

    /** Without a checksum of the header, what does not matter may differ: then the content is the same. */
    @ParameterizedTest
    @ValueSource(ints = {1, 1000})
    void anyByteReplacedIsDetectedOrDoesNotMatter(int piece) {
        byte[] member = Gzip.member(CONTENT, null, "name", null, false);
        int harmless = 0;
        for (int i = 0; i < member.length; i++) {
            for (int xor : new int[] {1, 0x10, 0xFF}) {
                byte[] changed = member.clone();
                changed[i] ^= (byte) xor;
                Object outcome = outcome(changed, piece, BufferFlux::gunzip);
                if (outcome instanceof byte[] content) {
                    assertThat(content).as("byte %d", i).isEqualTo(CONTENT);
                    assertThat(i).as("harmless").isBetween(3, 14);
                    harmless++;
                } else {
                    assertThat(outcome).as("byte %d", i).isInstanceOf(ByteStreamException.class);
                }
            }
        }
        assertThat(harmless).isBetween(6 * 3, 12 * 3);
    }

    private static byte[] flipped(byte[] bytes, int bit) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        return flipped;
    }

    @ParameterizedTest
    @CsvSource({
        "1e, 'the first byte of a gzip header is 0x1e and not 0x1f at offset 0'",
        "1f8c, 'the second byte of a gzip header is 0x8c and not 0x8b at offset 1'",
        "1f8b07, 'the compression method is 0x07 and not 0x08 at offset 2'",
        "1f8b0820, 'the reserved part of the flags is 0x20 and not 0x00 at offset 3'",
        "1f8b0802 000000000000 0000, 'the checksum of the gzip header is 0000 and not 261d at offset 10'",
        "1f8b0800 000000000000 07, 'the compressed bytes are corrupt, invalid block type, at offset 11'",
        "1f8b0800 000000000000 0300 00000001 00000000, 'the CRC-32 in the gzip trailer is 01000000 and not 00000000 at offset 12'",
        "1f8b0800 000000000000 0300 00000000 05000000, 'the length in the gzip trailer is 00000005 and not 00000000 at offset 16'",
        "1f8b0800 000000000000 0300 00000000 00000000 02, 'bytes that are no gzip member follow the last one at offset 20'",
        "1f8b0800 000000000000 0300 00000000 00000000 00001f, 'bytes that are no gzip member follow the last one at offset 22'",
        "1f8b0800 000000000000 0300 00000000 00000000 1f00, 'the second byte of a gzip header is 0x00 and not 0x8b at offset 21'",
        "1f8b0800 000000000000 0300 00000000 00000000 1f, 'the input ended within a gzip header, at offset 21'",
        "1f8b0800 000000000000 0300 00000000 000000, 'the input ended within a gzip trailer, at offset 19'",
        "1f8b0800 000000000000 03, 'the input ended within the compressed data, at offset 11'",
        "'', 'the input ended within a gzip header, at offset 0'",
    })
    void saysWhatAndWhere(String hex, String message) {
        byte[] compressed = HexFormat.of().parseHex(hex.replace(" ", ""));
        for (int piece : new int[] {1, 3, 100}) {
            assertThat(error(compressed, piece, BufferFlux::gunzip)).hasMessage(message);
        }
    }

    @Test
    void saysWhatIsWrongWithZlibData() {
        byte[] good = Gzip.deflate(CONTENT, 6);
        assertThat(error(Gzip.concat(good, new byte[] {0}), 1, BufferFlux::inflate))
                .hasMessage("bytes follow the end of the zlib data at offset " + good.length);
        assertThat(error(Gzip.gzip(CONTENT), 100, BufferFlux::inflate))
                .isInstanceOf(MalformedBytesException.class)
                .hasMessageContaining("incorrect header check");
        Deflater deflater = new Deflater();
        deflater.setDictionary(CONTENT);
        deflater.setInput(CONTENT);
        deflater.finish();
        byte[] withDictionary = new byte[100];
        int length = deflater.deflate(withDictionary);
        deflater.end();
        assertThat(error(Arrays.copyOf(withDictionary, length), 100, BufferFlux::inflate))
                .isInstanceOf(MalformedBytesException.class)
                .hasMessage("a preset dictionary is needed, at offset 6");
    }

    /** Empty buffers are no input. */
    @Test
    void nothingIsNotGzip() {
        StepVerifier.create(BufferFlux.from(buffers("", "")).gunzip())
                .verifyErrorMessage("the input ended within a gzip header, at offset 0");
        StepVerifier.create(BufferFlux.from(buffers("", "")).inflate())
                .verifyErrorMessage("the input ended within the zlib data, at offset 0");
    }

    @Test
    void anErrorOfTheSourceIsPassedOn() {
        BufferFlux failing = BufferFlux.from(
                Flux.concat(Cuts.every(pool, MEMBER, 20).flux().take(2), Flux.error(new IOException("gone"))));
        for (BufferFlux flux : new BufferFlux[] {failing.gunzip(), failing.gzip(), failing.deflate()}) {
            StepVerifier.create(flux.consume(PooledBuffer::length))
                    .thenConsumeWhile(length -> true)
                    .verifyErrorMessage("gone");
            nothingInFlight();
        }
    }

    @Test
    void badArgumentsAreRefusedAtAssembly() {
        BufferFlux flux = BufferFlux.from(buffers());
        refuses(() -> flux.gzip(10), "the level must be from 0 to 9, or -1 for the default, not 10");
        refuses(() -> flux.deflate(-2), "the level must be from 0 to 9, or -1 for the default, not -2");
        refuses(() -> flux.gunzip(-1, 1), "the limit must be at least 0, not -1");
        refuses(() -> flux.gunzip(1, 0), "the ratio must be at least 1, not 0");
        refuses(() -> flux.inflate(-1, 1), "the limit must be at least 0, not -1");
        refuses(() -> flux.inflate(1, 0), "the ratio must be at least 1, not 0");
    }

    private static void refuses(Runnable assembly, String message) {
        assertThatIllegalArgumentException().isThrownBy(assembly::run).withMessage(message);
    }

    @Test
    void anEndlessNameOrCommentIsRefused() {
        for (int flag : new int[] {8, 16}) {
            byte[] header = {0x1f, (byte) 0x8b, 8, (byte) flag, 0, 0, 0, 0, 0, 0};
            AtomicInteger given = new AtomicInteger();
            BufferFlux endless = BufferFlux.from(Flux.<PooledBuffer>generate(sink ->
                    sink.next(given.getAndIncrement() == 0 ? Cuts.buffer(pool, header) : buffer("n".repeat(1000)))));
            StepVerifier.create(endless.gunzip())
                    .verifyErrorSatisfies(e -> assertThat(e)
                            .hasMessage("the gzip header at offset 0 is longer than the limit of 131,072 bytes")
                            .isInstanceOf(ByteLimitException.class));
            assertThat(given.get()).isLessThan(140);
        }
    }

    /** The header of a later member says where that begins. */
    @Test
    void theLimitOfAHeaderIsPerMember() {
        byte[] first = Gzip.gzip(CONTENT);
        byte[] longest = Gzip.member(CONTENT, null, "n".repeat(StageGzipHeader.MAX_BYTES - 11), null, false);
        byte[] tooLong = Gzip.member(CONTENT, null, "n".repeat(StageGzipHeader.MAX_BYTES - 10), null, false);
        assertThat(outcome(Gzip.concat(first, longest), 999, BufferFlux::gunzip))
                .isEqualTo(Gzip.concat(CONTENT, CONTENT));
        assertThat(error(Gzip.concat(first, tooLong), 999, BufferFlux::gunzip))
                .isInstanceOf(ByteLimitException.class)
                .extracting(ByteStreamException::offset)
                .isEqualTo((long) first.length);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 1000})
    void theLimitIsExact(int piece) {
        byte[] twice = Gzip.concat(Gzip.gzip(CONTENT), Gzip.gzip(CONTENT));
        int length = 2 * CONTENT.length;
        assertThat(outcome(twice, piece, flux -> flux.gunzip(length, 1))).isEqualTo(Gzip.concat(CONTENT, CONTENT));
        ByteStreamException error = error(twice, piece, flux -> flux.gunzip(length - 1, 1));
        assertThat(error)
                .hasMessage("the content of the input at offset 0 is longer than the limit of 81 bytes")
                .isInstanceOfSatisfying(
                        ByteLimitException.class, e -> assertThat(e.limit()).isEqualTo(81));
        byte[] zlib = Gzip.deflate(CONTENT, 6);
        assertThat(outcome(zlib, piece, flux -> flux.inflate(CONTENT.length, 1)))
                .isEqualTo(CONTENT);
        assertThat(error(zlib, piece, flux -> flux.inflate(CONTENT.length - 1, 1)))
                .isInstanceOf(ByteLimitException.class);
        assertThat(outcome(Gzip.gzip(new byte[0]), piece, flux -> flux.gunzip(0, 1)))
                .isEqualTo(new byte[0]);
    }

    /** Ten gibibytes if anybody let it; made at each level that is on the way. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 6, 9})
    void aBombIsRefusedAfterAMebibyte(int level) {
        AtomicInteger given = new AtomicInteger();
        BufferFlux zeros = BufferFlux.from(Flux.<PooledBuffer>generate(sink -> {
            if (given.getAndIncrement() == 10 << 14) {
                sink.complete();
            } else {
                sink.next(Cuts.buffer(pool, new byte[64 << 10]));
            }
        }));
        long[] received = {0};
        StepVerifier.create(zeros.gzip(level).rechunk(512).gunzip().consume(buffer -> received[0] += buffer.length()))
                .thenConsumeWhile(length -> true)
                .verifyErrorSatisfies(e -> assertThat(e)
                        .isInstanceOf(ByteLimitException.class)
                        .hasMessageContaining("the content of the first "));
        assertThat(received[0]).isBetween(900_000L, 3L << 20);
        assertThat(given.get()).isLessThan(200);
        assertThat(pool.stats().peakBytes()).isLessThan(1 << 20);
    }

    @Test
    void aBombWithinABombIsRefused() {
        byte[] inner = Gzip.gzip(new byte[8 << 20]);
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        for (int i = 0; i < 200; i++) {
            many.writeBytes(inner);
        }
        byte[] bomb = Gzip.gzip(many.toByteArray());
        assertThat(bomb.length).isLessThan(50_000);
        assertThat(error(bomb, 1000, flux -> flux.gunzip().gunzip())).isInstanceOf(ByteLimitException.class);
    }

    @Test
    void aHigherRatioLetsABlankImagePass() {
        byte[] blank = Gzip.gzip(new byte[8 << 20]);
        assertThat(error(blank, 1000, BufferFlux::gunzip)).isInstanceOf(ByteLimitException.class);
        assertThat(outcome(blank, 1000, flux -> flux.gunzip(8 << 20, 1032))).isEqualTo(new byte[8 << 20]);
    }

    @Test
    void upToAMebibyteAnythingMayBeMadeOfAnything() {
        byte[] blank = new byte[(int) StageInflation.UNCHECKED_BYTES];
        assertThat(outcome(Gzip.gzip(blank), 1000, flux -> flux.gunzip(Long.MAX_VALUE, 1)))
                .isEqualTo(blank);
        assertThat(error(Gzip.gzip(new byte[blank.length + 1]), 1000, flux -> flux.gunzip(Long.MAX_VALUE, 1)))
                .isInstanceOfSatisfying(
                        ByteLimitException.class, e -> assertThat(e.limit()).isEqualTo(blank.length));
    }
}
