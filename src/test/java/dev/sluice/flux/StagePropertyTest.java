package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** However the input is cut into buffers, an operator gives what the plain array gives. */
class StagePropertyTest extends FluxTest {

    private static final int ROUNDS = 400;

    private interface Property {
        void check(Random random, byte[] content, Function<byte[], BufferFlux> cut) throws Exception;
    }

    /** With content of a few values only, so that there are many delimiters. */
    private void forAnyCut(int values, int longest, Property property) throws Exception {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            byte[] content = new byte[random.nextInt(longest)];
            for (int i = 0; i < content.length; i++) {
                content[i] = (byte) random.nextInt(values);
            }
            try {
                property.check(
                        random, content, bytes -> Cuts.of(pool, bytes, random).flux());
            } catch (Throwable e) {
                throw new AssertionError("with seed %d".formatted(seed), e);
            }
            assertThat(pool.stats().buffersInUse()).as("with seed %d", seed).isZero();
        }
    }

    private static List<String> hex(BufferFlux flux) {
        List<String> all = flux.map(buffer -> hex(bytes(buffer))).collectList().block(LIMIT);
        return all == null ? List.of() : all;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void rechunk() throws Exception {
        forAnyCut(256, 300, (random, content, cut) -> {
            int n = 1 + random.nextInt(random.nextBoolean() ? 10 : 400);
            List<String> expected = new ArrayList<>();
            for (int from = 0; from < content.length; from += n) {
                expected.add(hex(Arrays.copyOfRange(content, from, Math.min(content.length, from + n))));
            }
            assertThat(hex(cut.apply(content).rechunk(n))).isEqualTo(expected);
        });
    }

    @Test
    void byteRange() throws Exception {
        forAnyCut(256, 300, (random, content, cut) -> {
            int offset = random.nextInt(320);
            int length = random.nextInt(320);
            int from = Math.min(offset, content.length);
            int to = Math.min(content.length, from + length);
            assertThat(String.join("", hex(cut.apply(content).byteRange(offset, length))))
                    .isEqualTo(hex(Arrays.copyOfRange(content, from, to)));
            assertThat(String.join("", hex(cut.apply(content).skipBytes(offset))))
                    .isEqualTo(hex(Arrays.copyOfRange(content, from, content.length)));
            assertThat(String.join("", hex(cut.apply(content).takeBytes(offset))))
                    .isEqualTo(hex(Arrays.copyOfRange(content, 0, from)));
        });
    }

    @Test
    void split() throws Exception {
        forAnyCut(2, 200, (random, content, cut) -> {
            byte[] delimiter = new byte[1 + random.nextInt(6)];
            for (int i = 0; i < delimiter.length; i++) {
                delimiter[i] = (byte) random.nextInt(2);
            }
            List<String> expected = records(content, delimiter);
            int longest = expected.stream().mapToInt(String::length).max().orElse(2) / 2;
            assertThat(hex(cut.apply(content).split(delimiter, Math.max(1, longest))))
                    .isEqualTo(expected);
        });
    }

    /** What comes before a record that is too long comes out; then the error says where that record begins. */
    @Test
    void splitWithALimit() throws Exception {
        forAnyCut(3, 200, (random, content, cut) -> {
            byte[] delimiter = random.nextBoolean() ? new byte[] {1} : new byte[] {1, 1};
            int max = 1 + random.nextInt(12);
            List<String> records = records(content, delimiter);
            List<String> expected = new ArrayList<>();
            long offset = 0;
            for (String record : records) {
                if (record.length() / 2 > max) {
                    expected.add("the record at offset %d is longer than the limit of %d bytes".formatted(offset, max));
                    break;
                }
                expected.add(record);
                offset += record.length() / 2 + delimiter.length;
            }
            assertThat(withError(cut.apply(content).split(delimiter, max).map(buffer -> hex(bytes(buffer)))))
                    .isEqualTo(expected);
        });
    }

    private static List<String> records(byte[] content, byte[] delimiter) {
        List<String> records = new ArrayList<>();
        int start = 0;
        for (int i = 0; i + delimiter.length <= content.length; i++) {
            if (i >= start && Arrays.equals(content, i, i + delimiter.length, delimiter, 0, delimiter.length)) {
                records.add(hex(Arrays.copyOfRange(content, start, i)));
                start = i + delimiter.length;
            }
        }
        if (start < content.length) {
            records.add(hex(Arrays.copyOfRange(content, start, content.length)));
        }
        return records;
    }

    private static List<String> withError(Flux<String> flux) {
        List<String> all = flux.onErrorResume(ByteStreamException.class, e -> Flux.just(e.getMessage()))
                .collectList()
                .block(LIMIT);
        return all == null ? List.of() : all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "US-ASCII", "ISO-8859-1", "windows-1252", "Shift_JIS", "GB18030"})
    void lines(String charset) throws Exception {
        forAnyCut(1, 400, (random, content, cut) -> {
            String text = text(random, content.length, "\n\n\r\n\r\nab é€😀");
            byte[] encoded = text.getBytes(Charset.forName(charset));
            String decoded = new String(encoded, Charset.forName(charset));
            List<String> expected = new ArrayList<>(List.of(decoded.split("\r?\n", -1)));
            if (expected.get(expected.size() - 1).isEmpty()) {
                expected.remove(expected.size() - 1);
            }
            assertThat(cut.apply(encoded)
                            .lines(Charset.forName(charset), 4000)
                            .collectList()
                            .block(LIMIT))
                    .isEqualTo(expected);
        });
    }

    /** Where there is no CR alone, a reader of the JDK agrees. */
    @Test
    void linesLikeBufferedReader() throws Exception {
        forAnyCut(1, 400, (random, content, cut) -> {
            String text = text(random, content.length, "\nab é€😀").replace("a\n", "\r\n");
            assertThat(cut.apply(text.getBytes(StandardCharsets.UTF_8))
                            .lines(StandardCharsets.UTF_8, 4000)
                            .collectList()
                            .block(LIMIT))
                    .isEqualTo(
                            new BufferedReader(new StringReader(text)).lines().toList());
        });
    }

    @Test
    void linesWithALimit() throws Exception {
        forAnyCut(1, 300, (random, content, cut) -> {
            int max = 1 + random.nextInt(8);
            String text = text(random, content.length, "\n\n\r\r\rab");
            List<String> expected = new ArrayList<>();
            int start = 0;
            while (start < text.length()) {
                int end = text.indexOf('\n', start);
                int stop = end < 0 ? text.length() : end;
                String line = text.substring(start, stop);
                line = end >= 0 && line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
                if (line.length() > max) {
                    expected.add("the line at offset %d is longer than the limit of %d bytes".formatted(start, max));
                    break;
                }
                expected.add(line);
                start = stop + 1;
            }
            assertThat(withError(
                            cut.apply(text.getBytes(StandardCharsets.UTF_8)).lines(StandardCharsets.UTF_8, max)))
                    .isEqualTo(expected);
        });
    }

    private static String text(Random random, int length, String characters) {
        int[] codePoints = characters.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 8})
    void lengthPrefixed(int fieldBytes) throws Exception {
        forAnyCut(1, 100, (random, content, cut) -> {
            ByteOrder order = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            List<String> expected = new ArrayList<>();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int i = random.nextInt(20); i > 0; i--) {
                byte[] record = new byte[random.nextInt(random.nextInt(4) == 0 ? 200 : 4)];
                random.nextBytes(record);
                ByteBuffer field = ByteBuffer.allocate(8).order(order).putLong(0, record.length);
                int from = order == ByteOrder.BIG_ENDIAN ? 8 - fieldBytes : 0;
                out.write(field.array(), from, fieldBytes);
                out.write(record);
                expected.add(hex(record));
            }
            byte[] bytes = out.toByteArray();
            assertThat(hex(cut.apply(bytes).lengthPrefixed(fieldBytes, order, 200)))
                    .isEqualTo(expected);
            if (bytes.length > 0 && expected.get(expected.size() - 1).length() > 0) {
                List<String> truncated = withError(cut.apply(Arrays.copyOf(bytes, bytes.length - 1))
                        .lengthPrefixed(fieldBytes, order, 200)
                        .map(buffer -> hex(bytes(buffer))));
                expected.set(
                        expected.size() - 1,
                        "the input ended within a record, at offset %,d".formatted(bytes.length - 1));
                assertThat(truncated).isEqualTo(expected);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"UTF-8", "UTF-16", "UTF-16LE", "UTF-32", "ISO-8859-1", "Shift_JIS", "ISO-2022-JP", "GB18030"})
    void decode(String name) throws Exception {
        Charset charset = Charset.forName(name);
        forAnyCut(256, 300, (random, content, cut) -> {
            byte[] text = text(random, content.length, "ab é€😀あ").getBytes(charset);
            assertThat(cut.apply(text)
                            .decode(charset)
                            .doOnNext(s -> assertThat(s).isNotEmpty())
                            .collectList()
                            .map(all -> String.join("", all))
                            .block(LIMIT))
                    .isEqualTo(new String(text, charset));
            assertThat(cut.apply(text).asString(charset, 2000).block(LIMIT)).isEqualTo(new String(text, charset));
        });
    }

    @Test
    void decodeMalformed() throws Exception {
        forAnyCut(
                256,
                100,
                (random, content, cut) -> assertThat(String.join(
                                "",
                                cut.apply(content)
                                        .decode(StandardCharsets.UTF_8)
                                        .collectList()
                                        .block(LIMIT)))
                        .isEqualTo(new String(content, StandardCharsets.UTF_8)));
    }

    @Test
    void decodeAcrossPieces() {
        String text = "😀é".repeat(20_000);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int length : new int[] {1, 7, 8191, 8192, 8193, bytes.length}) {
            assertThat(String.join(
                            "",
                            Cuts.every(pool, bytes, length)
                                    .flux()
                                    .decode(StandardCharsets.UTF_8)
                                    .doOnNext(s -> assertThat(Character.isHighSurrogate(s.charAt(s.length() - 1)))
                                            .isFalse())
                                    .collectList()
                                    .block(LIMIT)))
                    .isEqualTo(text);
        }
    }

    @Test
    void linesAcrossPieces() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            lines.add("x".repeat(i % 97) + i);
        }
        lines.add("y".repeat(100_000));
        byte[] bytes = String.join("\r\n", lines).getBytes(StandardCharsets.UTF_8);
        for (int length : new int[] {1, 7, 8191, 8192, 8193, bytes.length}) {
            assertThat(Cuts.every(pool, bytes, length)
                            .flux()
                            .lines(StandardCharsets.UTF_8, 100_000)
                            .collectList()
                            .block(LIMIT))
                    .isEqualTo(lines);
        }
    }

    @Test
    void join() throws Exception {
        forAnyCut(256, 5000, (random, content, cut) -> {
            String joined = cut.apply(content)
                    .join(5000)
                    .map(buffer -> hex(bytes(buffer)))
                    .block(LIMIT);
            assertThat(joined).isEqualTo(content.length == 0 ? null : hex(content));
        });
    }
}
