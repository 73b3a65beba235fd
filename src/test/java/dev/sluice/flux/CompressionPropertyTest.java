package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However the input is cut into buffers, the JDK reads what we write, and we read what the JDK writes. */
class CompressionPropertyTest extends FluxTest {

    private static final int ROUNDS = 250;

    private interface Property {
        void check(Random random, byte[] content, BufferPool from) throws Exception;
    }

    private void forAnyContent(Property property) throws Exception {
        try (BufferPool heap =
                BufferPool.builder().maxBytes(16 << 20).direct(false).build()) {
            for (int seed = 0; seed < ROUNDS; seed++) {
                Random random = new Random(seed);
                try {
                    property.check(random, anyContent(random), seed % 3 == 0 ? heap : pool);
                } catch (Throwable e) {
                    throw new AssertionError("with seed %d".formatted(seed), e);
                }
                assertThat(pool.stats().buffersInUse()).as("with seed %d", seed).isZero();
                assertThat(heap.stats().buffersInUse()).as("with seed %d", seed).isZero();
            }
        }
    }

    /** Of few values or many, short or long. */
    private static byte[] anyContent(Random random) {
        byte[] content = new byte[random.nextInt(random.nextInt(4) == 0 ? 150_000 : 2000)];
        int values = random.nextBoolean() ? 256 : 1 + random.nextInt(5);
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) random.nextInt(values);
        }
        return content;
    }

    /** Pieces of a few bytes where there are few bytes; in a long content there would be too many of them. */
    private static BufferFlux cut(BufferPool from, byte[] bytes, Random random) {
        return bytes.length < 3000
                ? Cuts.of(from, bytes, random).flux()
                : Cuts.every(from, bytes, 100 + random.nextInt(bytes.length)).flux();
    }

    private static byte[] joined(BufferFlux flux) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        flux.doOnNext(buffer -> {
                    assertThat(buffer.length()).isBetween(1, 64 << 10);
                    all.writeBytes(bytes(buffer));
                })
                .blockLast(LIMIT);
        return all.toByteArray();
    }

    @Test
    void gzipIsReadByTheJdk() throws Exception {
        forAnyContent((random, content, from) -> {
            int level = random.nextInt(11) - 1;
            assertThat(Gzip.gunzip(joined(cut(from, content, random).gzip(level))))
                    .isEqualTo(content);
        });
    }

    @Test
    void deflateIsReadByTheJdk() throws Exception {
        forAnyContent((random, content, from) -> {
            int level = random.nextInt(11) - 1;
            assertThat(Gzip.inflate(joined(cut(from, content, random).deflate(level))))
                    .isEqualTo(content);
        });
    }

    @Test
    void gunzipReadsTheJdks() throws Exception {
        forAnyContent((random, content, from) -> assertThat(
                        joined(cut(from, Gzip.gzip(content), random).gunzip()))
                .isEqualTo(content));
    }

    @Test
    void inflateReadsTheJdks() throws Exception {
        forAnyContent((random, content, from) -> {
            int level = random.nextInt(11) - 1;
            assertThat(joined(cut(from, Gzip.deflate(content, level), random).inflate()))
                    .isEqualTo(content);
        });
    }

    @Test
    void gunzipReadsAnyMembersAndPadding() throws Exception {
        forAnyContent((random, content, from) -> {
            ByteArrayOutputStream compressed = new ByteArrayOutputStream();
            int start = 0;
            do {
                int end = start + random.nextInt(content.length - start + 1);
                end = random.nextBoolean() ? content.length : end;
                compressed.writeBytes(anyMember(Arrays.copyOfRange(content, start, end), random));
                start = end;
            } while (start < content.length || random.nextInt(3) == 0);
            compressed.writeBytes(new byte[random.nextBoolean() ? 0 : random.nextInt(600)]);
            assertThat(joined(cut(from, compressed.toByteArray(), random).gunzip()))
                    .isEqualTo(content);
        });
    }

    private static byte[] anyMember(byte[] content, Random random) {
        byte[] extra = random.nextBoolean() ? null : content(random.nextInt(4) == 0 ? 65_535 : random.nextInt(5));
        String name = random.nextBoolean() ? null : "n".repeat(random.nextInt(5));
        String comment = random.nextBoolean() ? null : "c".repeat(random.nextInt(300));
        return Gzip.member(content, extra, name, comment, random.nextBoolean());
    }

    /** Byte by byte through both directions, chunk sizes and around. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1023, 1024, 1025, 5119, 5120, 5121, 21_504, 21_505, 87_040, 87_041, 200_000})
    void thereAndBackByOneByte(int length) {
        byte[] content = content(length);
        for (int level : new int[] {0, 1, 6}) {
            assertThat(joined(Cuts.every(pool, content, 1)
                            .flux()
                            .gzip(level)
                            .rechunk(1)
                            .gunzip()))
                    .isEqualTo(content);
            assertThat(joined(Cuts.every(pool, content, 1)
                            .flux()
                            .deflate(level)
                            .rechunk(1)
                            .inflate()))
                    .isEqualTo(content);
        }
    }

    @Test
    void chunksGrowSoThatLittleContentPinsLittle() {
        byte[] content = content(300_000);
        for (BufferFlux flux : new BufferFlux[] {
            Cuts.every(pool, content, 1000).flux().gzip(0),
            Cuts.every(pool, Gzip.gzip(content), 1000).flux().gunzip()
        }) {
            assertThat(flux.consume(PooledBuffer::length).collectList().block(LIMIT))
                    .startsWith(1 << 10, 4 << 10, 16 << 10, 64 << 10, 64 << 10)
                    .hasSize(8);
        }
        assertThat(Cuts.every(pool, new byte[10], 3)
                        .flux()
                        .gzip()
                        .consume(PooledBuffer::capacity)
                        .blockLast(LIMIT))
                .isLessThanOrEqualTo(1024);
    }
}
