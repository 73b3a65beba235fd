package dev.sluice;

import static dev.sluice.Messages.message;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who holds and who waits for the memory of a pool, at one instant: for a process that is stuck. Its text is a table.
 *
 * @param pool the name of the pool
 * @param stats its numbers
 * @param sizes for each capacity of which buffers are in use: how many, smallest first
 * @param oldest the watched leases that have been out longest, oldest first; at most {@link #MAX_LISTED}
 * @param waiting the requests that have waited longest, oldest first; at most {@link #MAX_LISTED}
 * @param complete whether all watched leases were looked at; if not, there were too many of them, and an older one may
 *     be missing
 */
public record PoolDump(
        String pool, PoolStats stats, List<Size> sizes, List<Holding> oldest, List<Waiting> waiting, boolean complete) {

    /** How many leases and requests are listed at most. */
    public static final int MAX_LISTED = 50;

    /**
     * Keeps copies of the lists.
     *
     * @param pool the name of the pool
     * @param stats its numbers
     * @param sizes the buffers in use
     * @param oldest the oldest leases
     * @param waiting the oldest requests
     * @param complete whether all watched leases were looked at
     */
    public PoolDump {
        sizes = List.copyOf(sizes);
        oldest = List.copyOf(oldest);
        waiting = List.copyOf(waiting);
    }

    /**
     * The buffers of one capacity that are in use.
     *
     * @param capacity their size in bytes; {@link Integer#MAX_VALUE} for all above the largest class
     * @param buffersInUse how many are leased
     * @param watchedBuffers how many of these have a watched lease; of the others, nothing else is known
     */
    public record Size(int capacity, long buffersInUse, long watchedBuffers) {}

    /**
     * A watched lease that is out.
     *
     * @param length the bytes that it was taken for
     * @param capacity the bytes that it pins
     * @param shared whether it was made by {@code retain}, {@code slice} or {@code lend}
     * @param age how long it has been out; of a share, how long the lease that it was made of
     * @param holder the holder named when it was taken, as text; null if none was named
     * @param takenAt the stack that took it, innermost frame of the caller first; empty if a holder was named
     * @param lastTouch the hint of the last {@link PooledBuffer#touch}, as text; null if there was none
     */
    public record Holding(
            int length,
            int capacity,
            boolean shared,
            Duration age,
            @Nullable String holder,
            List<StackTraceElement> takenAt,
            @Nullable String lastTouch) {

        /**
         * Who holds the lease.
         *
         * @return the holder if there is one, else the innermost frame of the caller
         */
        public String place() {
            return LeakReport.place(holder, takenAt);
        }
    }

    /**
     * A request that waits.
     *
     * @param size the bytes that it asks for
     * @param age how long it has waited
     * @param holder the holder that it named, as text; null if it named none
     * @param reason what it waits for
     */
    public record Waiting(int size, Duration age, @Nullable String holder, String reason) {}

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(1_024)
                .append(message(
                        "pool '%s': %,d bytes in use in %,d buffers, %,d bytes idle, limit %s, %,d pending\n",
                        pool,
                        stats.bytesInUse(),
                        stats.buffersInUse(),
                        stats.idleBytes(),
                        stats.limitBytes() == Long.MAX_VALUE ? "none" : message("%,d bytes", stats.limitBytes()),
                        stats.pending()));
        if (!sizes.isEmpty()) {
            text.append(message("\n%11s %11s %11s\n", "capacity", "in use", "watched"));
            sizes.forEach(size -> text.append(message(
                    "%11s %,11d %,11d\n",
                    size.capacity == Integer.MAX_VALUE ? "larger" : message("%,d", size.capacity),
                    size.buffersInUse,
                    size.watchedBuffers)));
        }
        if (!oldest.isEmpty()) {
            text.append(message("\n%11s %11s %11s  held by\n", "age", "length", "capacity"));
            oldest.forEach(lease -> text.append(message(
                    "%11s %,11d %,11d  %s%s%s\n",
                    seconds(lease.age),
                    lease.length,
                    lease.capacity,
                    lease.shared ? "a share: " : "",
                    lease.place(),
                    lease.lastTouch == null ? "" : ", last touch: " + lease.lastTouch)));
        }
        if (!complete) {
            text.append("(more leases are watched than were looked at)\n");
        }
        if (!waiting.isEmpty()) {
            text.append(message("\n%11s %11s  waits, since\n", "age", "size"));
            waiting.forEach(request -> text.append(message(
                    "%11s %,11d  %s%s\n",
                    seconds(request.age),
                    request.size,
                    request.reason,
                    request.holder == null ? "" : ", for " + request.holder)));
        }
        return text.toString();
    }

    private static String seconds(Duration age) {
        return message("%,.3f s", age.toNanos() / 1e9);
    }
}
