package dev.sluice.samples.filestats;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Adds up one file, in order: by line, or by buffer where lines may be too long. For one thread at a time. */
final class Tally {

    private String crc32c = "";
    private String sha256 = "";
    private long bytes;

    /** How many of the bytes are newlines. */
    private long lines;

    private long longestLine;

    /** The length so far of the line that the next buffer goes on with. */
    private long openLine;

    private boolean byLine;

    /** What lies between newlines, in all lines together. */
    private long bytesOfLines;

    void crc32c(long value) {
        crc32c = HexFormat.of().toHexDigits((int) value);
    }

    void sha256(byte[] digest) {
        sha256 = HexFormat.of().formatHex(digest);
    }

    /** So many bytes more were read. */
    void count(int length) {
        bytes += length;
    }

    /** Adds a line without its newline. Keeps nothing of it; what lies in it matters only if it may be the longest. */
    @Nullable Object addLine(PooledBuffer line) {
        byLine = true;
        bytesOfLines += line.length();
        if (line.length() > longestLine) {
            addRuns(line.byteBuffer());
            endRun(0);
        }
        return null;
    }

    /** Adds what comes next. Keeps nothing of the buffer. */
    @Nullable Object addBuffer(PooledBuffer buffer) {
        addRuns(buffer.byteBuffer());
        return null;
    }

    private void addRuns(ByteBuffer content) {
        int start = 0;
        int end = content.limit();
        for (int i = 0; i < end; i++) {
            byte b = content.get(i);
            if (b == '\n' || b == '\r' || b == '\f') {
                endRun(i - start);
                start = i + 1;
                if (b == '\n') {
                    lines++;
                }
            }
        }
        openLine += end - start;
    }

    private void endRun(int length) {
        longestLine = Math.max(longestLine, openLine + length);
        openLine = 0;
    }

    /** The result, once the whole file was added. */
    FileStats stats(Path path) {
        long newlines = byLine ? bytes - bytesOfLines : lines;
        return new FileStats(path.toString(), bytes, newlines, Math.max(longestLine, openLine), crc32c, sha256);
    }
}
