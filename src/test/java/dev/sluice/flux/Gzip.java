package dev.sluice.flux;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;

/** The formats as the JDK writes and reads them, and members that it does not write. */
final class Gzip {

    private Gzip() {}

    private interface Wrapping {
        OutputStream around(OutputStream out) throws IOException;
    }

    static byte[] gzip(byte[] content) {
        return through(GZIPOutputStream::new, content);
    }

    static byte[] deflate(byte[] content, int level) {
        return through(out -> new DeflaterOutputStream(out, new Deflater(level)), content);
    }

    private static byte[] through(Wrapping wrapping, byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = wrapping.around(bytes)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] gunzip(byte[] compressed) throws IOException {
        return new GZIPInputStream(new ByteArrayInputStream(compressed)).readAllBytes();
    }

    static byte[] inflate(byte[] compressed) throws IOException {
        return new InflaterInputStream(new ByteArrayInputStream(compressed)).readAllBytes();
    }

    /** A member with an extra field, a name, a comment and a checksum of the header; null leaves each out. */
    static byte[] member(byte[] content, byte[] extra, String name, String comment, boolean headerCrc) {
        byte[] plain = gzip(content);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int flags = (headerCrc ? 2 : 0) | (extra != null ? 4 : 0) | (name != null ? 8 : 0) | (comment != null ? 16 : 0);
        out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 1, 2, 3, 4, 2, 3});
        if (extra != null) {
            out.write(extra.length);
            out.write(extra.length >> 8);
            out.writeBytes(extra);
        }
        if (name != null) {
            out.writeBytes((name + "\0").getBytes(StandardCharsets.ISO_8859_1));
        }
        if (comment != null) {
            out.writeBytes((comment + "\0").getBytes(StandardCharsets.ISO_8859_1));
        }
        if (headerCrc) {
            CRC32 crc = new CRC32();
            crc.update(out.toByteArray());
            out.write((int) crc.getValue());
            out.write((int) crc.getValue() >> 8);
        }
        out.write(plain, 10, plain.length - 10);
        return out.toByteArray();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
