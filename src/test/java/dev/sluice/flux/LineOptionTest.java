package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;

/** Lines in charsets of all kinds, with byte order marks and with other ends than LF. */
class LineOptionTest extends FluxTest {

    private List<String> lines(byte[] bytes, int cut, Charset charset, LineOption... options) {
        return Cuts.every(pool, bytes, cut)
                .flux()
                .lines(charset, 1000, options)
                .collectList()
                .block(LIMIT);
    }

    private List<String> lines(byte[] bytes, Charset charset, LineOption... options) {
        List<String> whole = lines(bytes, 1 << 20, charset, options);
        for (int cut : new int[] {1, 2, 3, 5, 1000}) {
            assertThat(lines(bytes, cut, charset, options)).isEqualTo(whole);
        }
        return whole;
    }

    @Test
    void aByteOrderMarkIsDroppedByChoice() {
        byte[] csv = "\uFEFFid\n1\n\uFEFF2\n".getBytes(StandardCharsets.UTF_8);
        assertThat(lines(csv, StandardCharsets.UTF_8, LineOption.SKIP_BOM)).containsExactly("id", "1", "\uFEFF2");
        assertThat(lines(csv, StandardCharsets.UTF_8)).containsExactly("\uFEFFid", "1", "\uFEFF2");
        for (String charset : new String[] {"UTF-16LE", "UTF-16BE", "GB18030"}) {
            Charset other = Charset.forName(charset);
            assertThat(lines("\uFEFFid\n1".getBytes(other), other, LineOption.SKIP_BOM))
                    .containsExactly("id", "1");
        }
        assertThat(lines(
                        new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF},
                        StandardCharsets.UTF_8,
                        LineOption.SKIP_BOM))
                .isEmpty();
        assertThat(lines("\n\uFEFFa\n".getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8, LineOption.SKIP_BOM))
                .containsExactly("", "\uFEFFa");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16", "UTF-16LE", "ISO-8859-1", "UTF-32", "IBM1047"})
    void everyKindOfEndIsOneByChoice(String name) {
        Charset charset = Charset.forName(name);
        byte[] text = "a\rb\r\nc\nd\u0085\u0085e\r\r\n\nf".getBytes(charset);
        assertThat(lines(text, charset, LineOption.ANY_BREAK))
                .containsExactly("a", "b", "c", "d", "", "e", "", "", "f");
    }

    @Test
    void aCrEndsALineAtOnce() {
        StepVerifier.create(BufferFlux.from(buffers("a\r", "\nb\r").concatWith(reactor.core.publisher.Mono.never()))
                        .lines(StandardCharsets.UTF_8, 10, LineOption.ANY_BREAK))
                .expectNext("a", "b")
                .thenCancel()
                .verify();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ISO-2022-JP", "ISO-2022-KR", "UTF-16", "UTF-16LE", "UTF-32", "IBM037", "IBM1047", "IBM939"})
    void charsetsWithoutAPlainLineFeedHaveLinesToo(String name) {
        Charset charset = Charset.forName(name);
        for (String text : new String[] {"one\ntwo\r\n\nthree", "one\n", "\n\n", "", "x\r"}) {
            assertThat(lines(text.getBytes(charset), charset))
                    .isEqualTo(text.lines().toList().isEmpty() && text.isEmpty() ? List.of() : expected(text));
        }
    }

    private static List<String> expected(String text) {
        List<String> lines = new ArrayList<>(List.of(text.split("\r?\n", -1)));
        if (lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
        return lines;
    }

    /** A shift lasts over the end of a line. */
    @Test
    void shiftsLastOverTheEndOfALine() {
        byte[] roman = {0x1b, '(', 'J', 'a', '\n', '\\', '\n', 0x1b, '(', 'B', '\\'};
        assertThat(lines(roman, Charset.forName("ISO-2022-JP"))).containsExactly("a", "\u00a5", "\\");
        Charset japanese = Charset.forName("ISO-2022-JP");
        assertThat(lines("日本\n語\nabc".getBytes(japanese), japanese)).containsExactly("日本", "語", "abc");
        Charset korean = Charset.forName("ISO-2022-KR");
        assertThat(lines("한국\n어\nabc".getBytes(korean), korean)).containsExactly("한국", "어", "abc");
    }

    @Test
    void theLimitIsOneOfBytes() {
        for (String name : new String[] {"UTF-8", "UTF-16LE", "ISO-2022-JP"}) {
            Charset charset = Charset.forName(name);
            int bytes = "abcde".getBytes(charset).length;
            byte[] text = "12345\r\nabcde\r\nxyzabc\n".getBytes(charset);
            for (int cut : new int[] {1, 3, 1000}) {
                StepVerifier.create(Cuts.every(pool, text, cut).flux().lines(charset, bytes))
                        .expectNext("12345", "abcde")
                        .verifyErrorSatisfies(e -> assertThat(e)
                                .isInstanceOfSatisfying(
                                        ByteLimitException.class,
                                        limit -> assertThat(limit.offset())
                                                .isEqualTo("12345\r\nabcde\r\n".getBytes(charset).length)));
            }
        }
    }

    @Test
    void malformedBytesAreReplacedWhereverTheyAreCut() {
        Random random = new Random(7);
        byte[] noise = new byte[400];
        random.nextBytes(noise);
        for (String name : new String[] {"UTF-8", "UTF-16", "ISO-2022-JP", "Shift_JIS", "x-windows-iso2022jp"}) {
            Charset charset = Charset.forName(name);
            assertThat(String.join("\n", lines(noise, charset, LineOption.ANY_BREAK)))
                    .isNotEmpty();
        }
    }

    @Test
    void aTextThatNoArrayHoldsIsAnError() {
        StageByteArray bytes = new StageByteArray(Integer.MAX_VALUE);
        assertThatThrownBy(() -> {
                    bytes.grow(10);
                    bytes.grow(Integer.MAX_VALUE - 10);
                })
                .isInstanceOf(ByteLimitException.class)
                .hasMessage("the text at offset 0 is longer than the limit of 2,147,483,639 bytes");
        assertThat(bytes.length()).isEqualTo(10);
        if (Runtime.getRuntime().maxMemory() < StageByteArray.MAX_BYTES) {
            assertThatThrownBy(() -> bytes.grow(StageByteArray.MAX_BYTES - 10))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the heap has no room for a text of 2,147,483,639 bytes");
        }
    }
}
