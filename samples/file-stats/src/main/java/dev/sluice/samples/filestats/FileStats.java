package dev.sluice.samples.filestats;

/**
 * What was found in one file.
 *
 * @param path the file, as it was named or found
 * @param bytes how long it is
 * @param lines how many newline bytes it has, as {@code wc -l} counts
 * @param longestLine the longest run of bytes without newline, carriage return or form feed: what {@code wc -L} says of
 *     ASCII text without tabs
 * @param crc32c its CRC-32C in eight hexadecimal digits
 * @param sha256 its SHA-256 in 64 hexadecimal digits
 */
public record FileStats(String path, long bytes, long lines, long longestLine, String crc32c, String sha256)
        implements Outcome {}
