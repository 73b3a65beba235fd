package dev.sluice.samples.webfluxfiles;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** Counts and sums up one content while it passes. Used for one subscription. */
final class Sums {

    private long bytes;
    private long lines;
    private long crc32c;
    private byte[] sha256 = {};

    BufferFlux of(BufferFlux content) {
        return BufferFlux.from(content.doOnNext(this::count))
                .checksum(CRC32C::new, sum -> crc32c = sum)
                .digest("SHA-256", digest -> sha256 = digest);
    }

    /** Looks, and keeps nothing of the buffer. */
    private void count(PooledBuffer buffer) {
        ByteBuffer content = buffer.byteBuffer();
        int length = content.limit();
        for (int i = 0; i < length; i++) {
            lines += content.get(i) == '\n' ? 1 : 0;
        }
        bytes += length;
    }

    /** Once all has passed. */
    StoredFile file(String name) {
        return new StoredFile(
                name, bytes, lines, "%08x".formatted(crc32c), HexFormat.of().formatHex(sha256));
    }
}
