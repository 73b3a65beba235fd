package dev.sluice.flux;

/**
 * Finds a byte among the eight of a little-endian {@code long}: SIMD within a register. The formula is that of Mycroft,
 * as in Henry S. Warren, Hacker's Delight, 6-1.
 */
final class StageSwar {

    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private StageSwar() {}

    /** Eight times the byte that is looked for. */
    static long pattern(byte value) {
        return (value & 0xFFL) * ONES;
    }

    /** Zero if none of the eight bytes is the one; the lowest bit stands for the first that is. */
    static long matches(long bytes, long pattern) {
        long difference = bytes ^ pattern;
        return (difference - ONES) & ~difference & HIGH_BITS;
    }

    /** Which of the eight bytes is the first that matched. */
    static int first(long matches) {
        return Long.numberOfTrailingZeros(matches) >>> 3;
    }
}
