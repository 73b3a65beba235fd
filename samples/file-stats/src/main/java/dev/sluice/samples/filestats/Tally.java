package dev.sluice.samples.filestats;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** Adds up one file, buffer by buffer and in order. For one thread at a time. */
final class Tally {

    private final CRC32C crc32c = new CRC32C();
    private final MessageDigest sha256 = newSha256();
    private long bytes;
    private long lines;
    private long longestLine;

    /** The length so far of the line that the next buffer goes on with. */
    private long openLine;

    /** Adds what comes next in the file; returns how many bytes that are. Keeps nothing of the buffer. */
    int add(PooledBuffer buffer) {
        crc32c.update(buffer.readOnlyBuffer());
        sha256.update(buffer.readOnlyBuffer());
        addLines(buffer.byteBuffer());
        bytes += buffer.length();
        return buffer.length();
    }

    private void addLines(ByteBuffer content) {
        int lineStart = 0;
        int end = content.limit();
        for (int i = 0; i < end; i++) {
            byte b = content.get(i);
            if (b == '\n' || b == '\r' || b == '\f') {
                endLine(i - lineStart);
                lineStart = i + 1;
                if (b == '\n') {
                    lines++;
                }
            }
        }
        openLine += end - lineStart;
    }

    private void endLine(int length) {
        longestLine = Math.max(longestLine, openLine + length);
        openLine = 0;
    }

    /** The result, once the whole file was added. */
    FileStats stats(Path path) {
        return new FileStats(
                path.toString(),
                bytes,
                lines,
                Math.max(longestLine, openLine),
                HexFormat.of().toHexDigits((int) crc32c.getValue()),
                HexFormat.of().formatHex(sha256.digest()));
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
