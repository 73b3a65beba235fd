package dev.sluice;

import static dev.sluice.Messages.message;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when nothing is free within the bounds: the pool is full, others are waiting, or a wait took too long.
 *
 * <p>The numbers are a snapshot taken when the request failed; other threads may have moved on since.
 */
public final class PoolExhaustedException extends BufferPoolException {

    private static final long serialVersionUID = 1L;

    private final int requestedBytes;
    private final long bytesInUse;
    private final long idleBytes;
    private final long limitBytes;
    private final long pending;

    private PoolExhaustedException(String message, int requestedBytes, PoolStats stats, @Nullable Throwable cause) {
        super(message, cause);
        this.requestedBytes = requestedBytes;
        this.bytesInUse = stats.bytesInUse();
        this.idleBytes = stats.idleBytes();
        this.limitBytes = stats.limitBytes();
        this.pending = stats.pending();
    }

    /**
     * For adapters, which wait for memory in their own way: makes the error of a wait that cannot end.
     *
     * @param pool which cannot grant
     * @param size what was wanted of it, in bytes
     * @param why why not, as the message will say beside the pool's numbers
     * @return the error, with a snapshot of the pool's numbers
     */
    public static PoolExhaustedException of(BufferPool pool, int size, String why) {
        return of(pool, size, why, null);
    }

    static PoolExhaustedException of(BufferPool pool, int size, String why, @Nullable Throwable cause) {
        PoolStats stats = pool.stats();
        return new PoolExhaustedException(
                message("pool '%s' cannot grant %,d bytes now: %s; %s", pool.name(), size, why, numbers(stats)),
                size,
                stats,
                cause);
    }

    static PoolExhaustedException outOfMemory(BufferPool pool, int size, OutOfMemoryError error) {
        return of(pool, size, "the JVM has no memory left", error);
    }

    private static String numbers(PoolStats stats) {
        return message(
                "in use %,d bytes in %,d buffers, idle %,d bytes, limit %s, %,d pending",
                stats.bytesInUse(),
                stats.buffersInUse(),
                stats.idleBytes(),
                stats.limitBytes() == Long.MAX_VALUE ? "none" : message("%,d bytes", stats.limitBytes()),
                stats.pending());
    }

    /**
     * The size that was asked for.
     *
     * @return the size in bytes
     */
    public int requestedBytes() {
        return requestedBytes;
    }

    /**
     * What leases of the pool held when the request failed.
     *
     * @return the bytes in use
     */
    public long bytesInUse() {
        return bytesInUse;
    }

    /**
     * What the pool owned and nobody leased when the request failed.
     *
     * @return the idle bytes
     */
    public long idleBytes() {
        return idleBytes;
    }

    /**
     * The limit of the pool's budget.
     *
     * @return the limit in bytes; {@link Long#MAX_VALUE} where only the number of buffers is bounded
     */
    public long limitBytes() {
        return limitBytes;
    }

    /**
     * How many requests of the pool were waiting when this one failed.
     *
     * @return the number of pending requests
     */
    public long pending() {
        return pending;
    }
}
