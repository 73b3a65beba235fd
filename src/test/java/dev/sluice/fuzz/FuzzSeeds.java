package dev.sluice.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Bytes to begin with. */
final class FuzzSeeds {

    private FuzzSeeds() {}

    private interface Wrap {
        OutputStream around(OutputStream out) throws IOException;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] gzip(byte[] content) {
        return written(GZIPOutputStream::new, content, true);
    }

    /** Flushed, and never ended. */
    static byte[] gzipFlushed(byte[] content) {
        return written(out -> new GZIPOutputStream(out, true), content, false);
    }

    static byte[] zlib(byte[] content) {
        return written(DeflaterOutputStream::new, content, true);
    }

    /** Without header and checksum. */
    static byte[] deflated(byte[] content) {
        return written(
                out -> new DeflaterOutputStream(out, new Deflater(Deflater.BEST_COMPRESSION, true)), content, true);
    }

    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] written(Wrap wrap, byte[] content, boolean end) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            OutputStream out = wrap.around(bytes);
            out.write(content);
            out.flush();
            if (end) {
                out.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
