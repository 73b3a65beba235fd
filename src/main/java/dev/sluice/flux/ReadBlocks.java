package dev.sluice.flux;

/**
 * How many chunks to read at once: a power of two, so that few size classes are used, within a
 * length that the pool advises.
 *
 * @param chunkBytes the length of a chunk, the last may be shorter
 * @param largestCount the most chunks to read at once, a power of two
 */
record ReadBlocks(int chunkBytes, int largestCount) {

    /**
     * Chooses.
     *
     * @param chunkSize the length of a chunk that is wanted
     * @param sourceBytes how many bytes there are at most
     * @param mostBytes how much to read at once at most, where a chunk is not longer
     */
    static ReadBlocks of(int chunkSize, long sourceBytes, int mostBytes) {
        int chunk = (int) Math.max(1, Math.min(chunkSize, sourceBytes));
        return new ReadBlocks(chunk, Math.max(1, Integer.highestOneBit(mostBytes / chunk)));
    }

    int largestBytes() {
        return chunkBytes * largestCount;
    }

    /** How many of the largest blocks it takes to hold so many chunks. */
    long holding(long chunks) {
        return chunks / largestCount + (chunks % largestCount == 0 ? 0 : 1);
    }

    /** How much to take for the next read: no more chunks than are requested, and hardly more than remain. */
    int bytesFor(long requestedChunks, long remainingBytes) {
        long requested = Long.highestOneBit(Math.min(requestedChunks, largestCount));
        long remaining = (remainingBytes - 1) / chunkBytes + 1;
        long holdingRemaining = remaining >= largestCount ? largestCount : Long.highestOneBit(2 * remaining - 1);
        return (int) Math.min(requested, holdingRemaining) * chunkBytes;
    }
}
