package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import dev.sluice.testing.StageContract;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Nested;

/** The stages of the package keep the promises that a program's own must keep. */
class OwnStagesContractTest {

    private static final List<String> LINES = lines();
    private static final byte[] TEXT = (String.join("\n", LINES) + "\n").getBytes(StandardCharsets.UTF_8);

    private static List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            lines.add("a line of the river ".repeat(i % 5) + i);
        }
        return lines;
    }

    private static List<ByteBuffer> buffers(List<String> texts) {
        return texts.stream()
                .map(text -> ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    /** One buffer of all bytes, for stages whose results depend on the cuts. */
    private static List<?> joined(List<?> results) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        results.forEach(result -> all.writeBytes(((ByteBuffer) result).array()));
        return List.of(ByteBuffer.wrap(all.toByteArray()));
    }

    @Nested
    class Split extends StageContract<PooledBuffer> {
        @Override
        protected Stage<PooledBuffer> stage(StageMemory memory) {
            return new StageSplit(memory, new byte[] {'\n'}, 1000);
        }

        @Override
        protected byte[] input() {
            return TEXT;
        }

        @Override
        protected List<?> expected() {
            return buffers(LINES);
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of("x".repeat(1001).getBytes(StandardCharsets.UTF_8));
        }
    }

    @Nested
    class LengthPrefixed extends StageContract<PooledBuffer> {
        @Override
        protected Stage<PooledBuffer> stage(StageMemory memory) {
            return new StageLengthPrefixed(memory, 2, ByteOrder.BIG_ENDIAN, 500);
        }

        @Override
        protected byte[] input() {
            ByteArrayOutputStream framed = new ByteArrayOutputStream();
            for (ByteBuffer line : buffers(LINES)) {
                framed.write(line.remaining() >> 8);
                framed.write(line.remaining());
                framed.writeBytes(line.array());
            }
            return framed.toByteArray();
        }

        @Override
        protected List<?> expected() {
            return buffers(LINES);
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of(new byte[] {1}, new byte[] {0, 2, 3}, new byte[] {2, 0, 0, 0});
        }
    }

    @Nested
    class Rechunk extends StageContract<PooledBuffer> {
        @Override
        protected Stage<PooledBuffer> stage(StageMemory memory) {
            return new StageRechunk(memory, 100);
        }

        @Override
        protected byte[] input() {
            return TEXT;
        }

        @Override
        protected List<?> expected() {
            List<ByteBuffer> chunks = new ArrayList<>();
            for (int at = 0; at < TEXT.length; at += 100) {
                chunks.add(ByteBuffer.wrap(Arrays.copyOfRange(TEXT, at, Math.min(at + 100, TEXT.length))));
            }
            return chunks;
        }
    }

    @Nested
    class Range extends StageContract<PooledBuffer> {
        @Override
        protected Stage<PooledBuffer> stage(StageMemory memory) {
            return new StageByteRange(50, 1000);
        }

        @Override
        protected byte[] input() {
            return TEXT;
        }

        @Override
        protected List<?> expected() {
            return List.of(ByteBuffer.wrap(Arrays.copyOfRange(TEXT, 50, 1050)));
        }

        @Override
        protected List<?> compared(List<?> results) {
            return joined(results);
        }
    }

    @Nested
    class GzipAndBack extends StageContract<PooledBuffer> {
        @Override
        protected Stage<PooledBuffer> stage(StageMemory memory) {
            return new StageGunzip(memory, () -> new Inflater(true), 1 << 20, 200, Set.of());
        }

        @Override
        protected byte[] input() {
            return Gzip.gzip(TEXT);
        }

        @Override
        protected List<?> expected() {
            return List.of(ByteBuffer.wrap(TEXT));
        }

        @Override
        protected List<?> compared(List<?> results) {
            return joined(results);
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of(new byte[] {1, 2, 3}, Arrays.copyOf(input(), 50));
        }
    }

    @Nested
    class Lines extends StageContract<String> {
        @Override
        protected Stage<String> stage(StageMemory memory) {
            return new StageLines(StandardCharsets.UTF_8, 1000, false);
        }

        @Override
        protected byte[] input() {
            return TEXT;
        }

        @Override
        protected List<?> expected() {
            return LINES;
        }
    }
}
