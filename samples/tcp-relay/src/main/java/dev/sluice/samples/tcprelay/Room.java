package dev.sluice.samples.tcprelay;

/**
 * How the budget is shared, so that no connection can take the memory of the others: what one can hold at most, times as
 * many as there may be, is the budget.
 *
 * <p>A direction of a connection has one buffer on its way out, and as many as {@link #READ_AHEAD} that were read before
 * anybody knew that the other side is slow.
 *
 * @param maxConnections how many connections there may be at a time
 * @param readBytes how much is read at a time
 */
record Room(int maxConnections, int readBytes) {

    static final int READ_AHEAD = 3;
    private static final int DIRECTIONS = 2;
    private static final int LEAST_READ_BYTES = 1 << 10;
    private static final int MOST_READ_BYTES = 64 << 10;

    /** The smallest budget for so many connections. */
    static long leastBytes(int maxConnections) {
        return buffers(maxConnections) * LEAST_READ_BYTES;
    }

    static Room in(long maxBytes, int maxConnections) {
        long each = Long.highestOneBit(maxBytes / buffers(maxConnections));
        return new Room(maxConnections, (int) Math.min(MOST_READ_BYTES, each));
    }

    private static long buffers(int maxConnections) {
        return (long) maxConnections * DIRECTIONS * (1 + READ_AHEAD);
    }
}
