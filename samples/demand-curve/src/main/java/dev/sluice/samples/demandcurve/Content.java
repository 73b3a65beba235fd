package dev.sluice.samples.demandcurve;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A temporary file for everybody to read, deleted in the end.
 *
 * @param path where it is
 */
record Content(Path path) implements AutoCloseable {

    private static final int BYTES = 64 << 20;
    private static final int BYTES_AT_ONCE = 1 << 20;

    static Content write(long seed) throws IOException {
        Path path = Files.createTempFile("demand-curve-", ".bin");
        path.toFile().deleteOnExit(); // Ctrl-C
        Random random = new Random(seed);
        byte[] bytes = new byte[BYTES_AT_ONCE];
        try (OutputStream out = Files.newOutputStream(path)) {
            for (int written = 0; written < BYTES; written += bytes.length) {
                random.nextBytes(bytes);
                out.write(bytes);
            }
        }
        return new Content(path);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path);
    }
}
