package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.PooledBuffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Scanner;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** The JDK's own readers of streams, some of which take {@code available() == 0} for the end. */
class ToInputStreamReadersTest extends FluxTest {

    private InputStream stream(byte[] content, int chunk, int prefetch) {
        return Cuts.every(pool, content, chunk).flux().toInputStream(prefetch);
    }

    /** A member ends with a buffer, so that nothing more is there when the reader asks whether another one follows. */
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 2", "7, 1", "25, 1", "25, 2", "25, 16", "65536, 1"})
    void readsEveryGzipMember(int chunk, int prefetch) throws IOException {
        byte[] member = Gzip.gzip("hello".getBytes(StandardCharsets.US_ASCII));
        assertThat(member).hasSize(25);
        byte[] all = Gzip.concat(member, member, member, member);
        try (InputStream in = new GZIPInputStream(stream(all, chunk, prefetch))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo("hello".repeat(4));
        }
    }

    @Test
    void readsMembersThatCameFromAFile() throws IOException {
        byte[] member = Gzip.gzip(content(31_000));
        byte[] all = new byte[0];
        for (int i = 0; i < 20; i++) {
            all = Gzip.concat(all, member);
        }
        java.nio.file.Path file = java.nio.file.Files.write(dir.resolve("members.gz"), all);
        try (InputStream in =
                new GZIPInputStream(BufferFlux.read(file, pool, 8192).toInputStream(1))) {
            assertThat(in.readAllBytes()).hasSize(20 * 31_000);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "13, 1", "13, 4"})
    void readsObjects(int chunk, int prefetch) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(List.of("a", 1, 2L));
            out.writeUTF("x".repeat(3000));
        }
        try (ObjectInputStream in = new ObjectInputStream(stream(bytes.toByteArray(), chunk, prefetch))) {
            assertThat(in.readObject()).isEqualTo(List.of("a", 1, 2L));
            assertThat(in.readUTF()).hasSize(3000);
        }
    }

    @Test
    void isScanned() {
        byte[] text = "one two\nthree\n".repeat(500).getBytes(StandardCharsets.US_ASCII);
        try (Scanner scanner = new Scanner(stream(text, 3, 1), StandardCharsets.US_ASCII)) {
            assertThat(scanner.tokens()).hasSize(1500);
        }
    }

    @Test
    void aReaderIsReadyUntilTheEndIsKnown() throws IOException {
        StringBuilder read = new StringBuilder();
        try (InputStreamReader reader =
                new InputStreamReader(stream("hällo".getBytes(StandardCharsets.UTF_8), 1, 1), StandardCharsets.UTF_8)) {
            while (reader.ready()) {
                int next = reader.read();
                if (next < 0) {
                    break;
                }
                read.append((char) next);
            }
            assertThat(reader.read()).isEqualTo(-1);
            assertThat(reader.ready()).isFalse();
        }
        assertThat(read).hasToString("hällo");
    }

    @Test
    void readsAZipAndWhatIsPutTogether() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (String name : new String[] {"a", "b"}) {
                out.putNextEntry(new ZipEntry(name));
                out.write(content(5000));
            }
        }
        try (ZipInputStream in = new ZipInputStream(stream(bytes.toByteArray(), 11, 1))) {
            assertThat(in.getNextEntry().getName()).isEqualTo("a");
            assertThat(in.readAllBytes()).isEqualTo(content(5000));
            assertThat(in.getNextEntry().getName()).isEqualTo("b");
            assertThat(in.readAllBytes()).isEqualTo(content(5000));
            assertThat(in.getNextEntry()).isNull();
        }
        try (InputStream in =
                new SequenceInputStream(stream(content(100), 7, 1), new ByteArrayInputStream(content(10)))) {
            assertThat(in.readAllBytes()).isEqualTo(Gzip.concat(content(100), content(10)));
        }
    }

    @Test
    void anErrorIsNotTheEnd() throws IOException {
        Flux<PooledBuffer> failing = buffers("a").concatWith(Flux.error(new IOException("gone")));
        try (InputStream in = BufferFlux.from(failing).toInputStream(2)) {
            assertThat(in.read()).isEqualTo('a');
            assertThat(in.available()).isOne();
            assertThatThrownBy(in::read).hasMessage("gone");
            assertThat(in.available()).isOne();
        }
    }
}
