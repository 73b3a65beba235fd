package dev.sluice.benchmark;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/** Files of 256 MiB to measure with, made once and kept in {@code target}, so in the page cache by the time they are read. */
final class BigFile {

    static final long BYTES = Long.getLong("sluice.benchmark.bytes", 256L << 20);

    private static final Path DIRECTORY = Path.of("target", "benchmark");
    private static final int LINE_BYTES = 100;

    private BigFile() {}

    /** Lines of a hundred ASCII characters, about as compressible as a log. */
    static Path text() {
        return make("text-" + BYTES, path -> {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 20)) {
                writeLines(out);
            }
        });
    }

    /** The same, compressed. */
    static Path gzip() {
        return make("text-" + BYTES + ".gz", path -> {
            try (OutputStream out =
                    new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(path), 1 << 16))) {
                writeLines(out);
            }
        });
    }

    private static void writeLines(OutputStream out) throws IOException {
        SplittableRandom random = new SplittableRandom(42);
        StringBuilder line = new StringBuilder(LINE_BYTES);
        for (long written = 0; written < BYTES; written += LINE_BYTES) {
            line.setLength(0);
            line.append("2026-01-01T00:00:00.000Z INFO worker-").append(random.nextInt(64));
            while (line.length() < LINE_BYTES - 1) {
                line.append(' ').append(Integer.toString(random.nextInt(1 << 20), 36));
            }
            line.setLength(LINE_BYTES - 1);
            out.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
        }
    }

    private interface Writing {
        void to(Path path) throws IOException;
    }

    private static Path make(String name, Writing writing) {
        Path path = DIRECTORY.resolve(name);
        try {
            if (!Files.exists(path)) {
                Files.createDirectories(DIRECTORY);
                Path part = DIRECTORY.resolve(name + ".part");
                writing.to(part);
                Files.move(part, path);
            }
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
