package dev.sluice.flux;

import dev.sluice.MemoryBudget;

/**
 * How many chunks to read at once: a power of two, so that few size classes are used, within 64 KiB and an eighth of
 * the budget.
 *
 * @param chunkBytes the length of a chunk, the last may be shorter
 * @param largestCount the most chunks to read at once, a power of two
 */
record ReadBlocks(int chunkBytes, int largestCount) {

    /** Reads below this size cost more in calls than in copying. */
    private static final int EFFICIENT_BYTES = 64 << 10;

    private static final int BUDGET_SHARE = 8;

    static ReadBlocks of(int chunkSize, long fileSize, MemoryBudget budget) {
        int chunk = (int) Math.max(1, Math.min(chunkSize, fileSize));
        long most = Math.min(EFFICIENT_BYTES, budget.limit() / BUDGET_SHARE);
        return new ReadBlocks(chunk, (int) Math.max(1, Long.highestOneBit(most / chunk)));
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
