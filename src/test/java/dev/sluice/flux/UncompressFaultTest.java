package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** What comes before the error of compressed bytes, and what is put up with. */
class UncompressFaultTest extends FluxTest {

    private static final byte[] A = Gzip.gzip(ascii("a"));
    private static final byte[] B = Gzip.gzip(ascii("b"));

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The bytes that came out, and how that ended. */
    private record Outcome(byte[] content, Class<?> error) {

        String text() {
            return new String(content, StandardCharsets.US_ASCII)
                    + (error == null ? "" : " " + error.getSimpleName().replace("BytesException", ""));
        }
    }

    private Outcome outcome(byte[] input, int cut, UnaryOperator<BufferFlux> operator) {
        List<byte[]> parts = new ArrayList<>();
        Flux<byte[]> result =
                operator.apply(Cuts.every(pool, input, cut).flux()).consume(PooledBuffer::toByteArray);
        Throwable error = result.doOnNext(parts::add)
                .then()
                .<Throwable>thenReturn(new AssertionError("no error"))
                .onErrorResume(reactor.core.publisher.Mono::just)
                .block(LIMIT);
        nothingInFlight();
        return new Outcome(
                Gzip.concat(parts.toArray(byte[][]::new)), error instanceof AssertionError ? null : error.getClass());
    }

    private String text(byte[] input, UnaryOperator<BufferFlux> operator) {
        String whole = outcome(input, 1 << 20, operator).text();
        for (int cut : new int[] {1, 7}) {
            assertThat(outcome(input, cut, operator).text()).isEqualTo(whole);
        }
        return whole;
    }

    @Test
    void aGoodMemberComesOutBeforeWhatIsWrongAfterIt() {
        byte[] zeros = new byte[512];
        assertThat(text(Gzip.concat(A, zeros, B), BufferFlux::gunzip)).isEqualTo("a Malformed");
        assertThat(text(Gzip.concat(Gzip.gzip(ascii("abc")), ascii("\n")), BufferFlux::gunzip))
                .isEqualTo("abc Malformed");
        assertThat(text(Gzip.concat(A, Arrays.copyOf(B, 5)), BufferFlux::gunzip))
                .isEqualTo("a Truncated");
        assertThat(text(Gzip.concat(A, Arrays.copyOf(B, B.length - 3)), BufferFlux::gunzip))
                .isEqualTo("ab Truncated");
        assertThat(text(Gzip.concat(Gzip.deflate(ascii("abc"), 6), ascii("\n")), BufferFlux::inflate))
                .isEqualTo("abc Malformed");
        byte[] cut = Gzip.deflate(ascii("abc"), 0);
        assertThat(text(Arrays.copyOf(cut, cut.length - 1), BufferFlux::inflate))
                .isEqualTo("abc Truncated");
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 65_536, 200_000})
    void allOfItComesOut(int size) {
        byte[] noise = content(size);
        Outcome outcome = outcome(Gzip.concat(Gzip.gzip(noise), ascii("garbage")), 4096, BufferFlux::gunzip);
        assertThat(outcome.content).isEqualTo(noise);
        assertThat(outcome.error).isEqualTo(MalformedBytesException.class);
    }

    @Test
    void whatWasReadBeforeCorruptBytesComesOut() {
        byte[] noise = content(50_000);
        byte[] stored = Gzip.deflate(noise, 0);
        int corrupt = 40_000;
        stored[2 + corrupt / 65_535 * 5] = 7; // a block of a kind that there is not
        Outcome outcome = outcome(stored, 1000, BufferFlux::inflate);
        assertThat(outcome.error).isEqualTo(MalformedBytesException.class);

        byte[] zeros = Gzip.deflate(new byte[300_000], 6);
        byte[] cut = Arrays.copyOf(zeros, zeros.length - 20);
        Outcome most = outcome(cut, 1000, BufferFlux::inflate);
        assertThat(most.error).isEqualTo(TruncatedBytesException.class);
        assertThat(most.content.length).isGreaterThan(250_000);
    }

    @Test
    void asMuchAsIsAllowedComesOut() {
        byte[] ten = Gzip.gzip(ascii("0123456789"));
        assertThat(text(ten, flux -> flux.gunzip(9, 100))).isEqualTo("012345678 ByteLimitException");
        assertThat(text(ten, flux -> flux.gunzip(10, 100))).isEqualTo("0123456789");
        assertThat(text(Gzip.concat(A, B, A), flux -> flux.gunzip(1, 100))).isEqualTo("a ByteLimitException");
    }

    @Test
    void trailingBytesAreDroppedByChoice() {
        UnaryOperator<BufferFlux> gunzip = flux -> flux.gunzip(InflateOption.IGNORE_TRAILING);
        assertThat(text(Gzip.concat(A, new byte[512], B), gunzip)).isEqualTo("ab");
        assertThat(text(Gzip.concat(A, new byte[512], B, ascii("\n"), B), gunzip))
                .isEqualTo("ab");
        assertThat(text(Gzip.concat(A, ascii("\n")), gunzip)).isEqualTo("a");
        assertThat(text(Gzip.concat(A, new byte[] {0x1f}), gunzip)).isEqualTo("a");
        assertThat(text(Gzip.concat(A, new byte[] {0x1f, 9, 9, 9}), gunzip)).isEqualTo("a");
        assertThat(text(Gzip.concat(A, content(3000)), gunzip)).isEqualTo("a");
        assertThat(text(ascii("\n"), gunzip)).isEqualTo(" Malformed");
        assertThat(text(Arrays.copyOf(A, 12), gunzip)).isEqualTo("a Truncated");
        UnaryOperator<BufferFlux> inflate = flux -> flux.inflate(InflateOption.IGNORE_TRAILING);
        assertThat(text(Gzip.concat(Gzip.deflate(ascii("abc"), 6), content(3000)), inflate))
                .isEqualTo("abc");
    }

    @Test
    void nothingIsNothingByChoice() {
        assertThat(text(new byte[0], flux -> flux.gunzip(InflateOption.ALLOW_EMPTY)))
                .isEmpty();
        assertThat(text(new byte[0], flux -> flux.inflate(InflateOption.ALLOW_EMPTY)))
                .isEmpty();
        assertThat(text(new byte[0], BufferFlux::gunzip)).isEqualTo(" Truncated");
        assertThat(text(new byte[] {0x1f}, flux -> flux.gunzip(InflateOption.ALLOW_EMPTY)))
                .isEqualTo(" Truncated");
        assertThat(text(new byte[] {0x78}, flux -> flux.inflate(InflateOption.ALLOW_EMPTY)))
                .isEqualTo(" Truncated");
    }
}
