package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lease as a stream: what it reads, and who releases. */
class LeaseInputStreamTest {

    private final BufferPool pool = BufferPool.builder().maxBytes(1 << 20).build();

    @AfterEach
    void nothingInFlight() {
        assertThat(pool.stats().buffersInUse()).isZero();
        pool.close();
    }

    private PooledBuffer buffer(byte[] content) {
        PooledBuffer buffer = pool.acquire(Math.max(1, content.length)).resize(content.length);
        buffer.byteBuffer().put(content); // the position is at the end then
        return buffer;
    }

    private static byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    /** The same calls on the JDK's stream of the same bytes give the same answers. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8192, 8193, 20_000})
    void readsAsTheStreamOfAnArrayDoes(int bytes) throws IOException {
        byte[] content = content(bytes);
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            try (InputStream ours = buffer(content).inputStream();
                    InputStream theirs = new ByteArrayInputStream(content)) {
                for (int i = 0; i < 30; i++) {
                    assertThat(call(ours, new Random(seed * 31L + i)))
                            .isEqualTo(call(theirs, new Random(seed * 31L + i)));
                    assertThat(ours.available()).isEqualTo(theirs.available());
                }
                if (random.nextBoolean()) {
                    ours.reset();
                    theirs.reset();
                }
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                ByteArrayOutputStream expected = new ByteArrayOutputStream();
                assertThat(ours.transferTo(out)).isEqualTo(theirs.transferTo(expected));
                assertThat(out.toByteArray()).isEqualTo(expected.toByteArray());
                assertThat(ours.read()).isEqualTo(-1);
            }
        }
    }

    private static Object call(InputStream stream, Random random) throws IOException {
        switch (random.nextInt(6)) {
            case 0:
                return stream.read();
            case 1:
                return stream.skip(random.nextInt(50) - 5);
            case 2:
                stream.mark(0);
                return "marked";
            case 3:
                stream.reset();
                return "reset";
            case 4:
                return stream.readNBytes(random.nextInt(300));
            default:
                byte[] target = new byte[1 + random.nextInt(100)];
                int offset = target.length / 3;
                int read = stream.read(target, offset, target.length - offset);
                return read + Arrays.toString(target);
        }
    }

    @Test
    void closingReleasesAndTheEndDoesNot() throws IOException {
        PooledBuffer buffer = buffer(content(100));
        InputStream stream = buffer.inputStream();
        assertThat(stream.readAllBytes()).isEqualTo(content(100));
        assertThat(buffer.isReleased()).isFalse();
        stream.close();
        stream.close();
        assertThat(buffer.isReleased()).isTrue();
        assertThatIOException().isThrownBy(stream::read).withMessageContaining("closed");
        assertThatIOException().isThrownBy(stream::available);
        assertThatIOException().isThrownBy(stream::readAllBytes);
        assertThatIOException().isThrownBy(() -> stream.transferTo(new ByteArrayOutputStream()));
        assertThatIOException().isThrownBy(() -> stream.read(new byte[1], 0, 0));
    }

    @Test
    void nothingIsReadAfterARelease() throws IOException {
        PooledBuffer buffer = buffer(content(100));
        try (InputStream stream = buffer.inputStream();
                InputStream ofTwin = buffer.retain().inputStream()) {
            buffer.release();
            assertThatThrownBy(stream::read).isInstanceOf(BufferReleasedException.class);
            assertThatThrownBy(buffer::inputStream).isInstanceOf(BufferReleasedException.class);
            assertThat(ofTwin.readAllBytes()).isEqualTo(content(100));
        }
    }
}
