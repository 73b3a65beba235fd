package dev.sluice.samples.filestats;

/**
 * How the budget is shared, so that no file waits for memory that another holds while it waits itself.
 *
 * <p>At a time, a file has a buffer that was read and one that was uncompressed or, for a line that lies in several,
 * the line twice, while it grows.
 *
 * @param maxBytes the budget
 * @param chunkBytes how much of a file a buffer holds
 * @param concurrency how many files are read at a time
 * @param longestLine how long a line may be that is taken whole, in bytes; below 1, none is
 */
public record Room(long maxBytes, int chunkBytes, int concurrency, int longestLine) {

    private static final int LARGEST_UNCOMPRESSED_BYTES = 64 << 10;
    private static final int LONGEST_LINE_BYTES = 16 << 20;

    /** Shares a budget among files that are read at a time. */
    public static Room in(long maxBytes, int chunkBytes, int concurrency) {
        long each = chunkBytes + Math.min(LARGEST_UNCOMPRESSED_BYTES, maxBytes / 8);
        int together = (int) Math.max(1, Math.min(concurrency, maxBytes / each));
        long left = maxBytes / together - each;
        return new Room(maxBytes, chunkBytes, together, (int) Math.min(LONGEST_LINE_BYTES, left / 4));
    }

    /** Leaves room for what is uncompressed, even where a chunk is the whole budget. */
    int compressedChunkBytes() {
        return (int) Math.max(1, Math.min(chunkBytes, maxBytes / 4));
    }

    /** Not worth it if few lines would be short enough. */
    boolean holdsLines() {
        return longestLine > 0 && longestLine >= chunkBytes / 2;
    }
}
