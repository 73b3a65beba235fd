package dev.sluice;

import static dev.sluice.Messages.message;

import java.time.Duration;
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

    private final boolean timeout;

    /** The numbers of a pool at the moment when it refused. */
    record Shortage(String pool, long bytesInUse, long buffersInUse, long idleBytes, long limitBytes, long pending) {

        @Override
        public String toString() {
            return message(
                    "in use %,d bytes in %,d buffers, idle %,d bytes, limit %s, %,d pending",
                    bytesInUse,
                    buffersInUse,
                    idleBytes,
                    limitBytes == Long.MAX_VALUE ? "none" : message("%,d bytes", limitBytes),
                    pending);
        }
    }

    /**
     * For adapters, which wait for memory in their own way: makes the error of a wait that is over, that cannot end or
     * that is not wanted, and tells the pool's listeners and meters of the refusal.
     *
     * @param pool which cannot grant
     * @param size what was wanted of it, in bytes
     * @param why why not, as the message will say beside the pool's numbers
     * @return the error, with a snapshot of the pool's numbers
     */
    public static PoolExhaustedException of(BufferPool pool, int size, String why) {
        pool.events().refused(size);
        return refused(pool.shortage(), size, why);
    }

    private PoolExhaustedException(
            String why, int requestedBytes, Shortage shortage, boolean timeout, @Nullable Throwable cause) {
        super(
                message("pool '%s' cannot grant %,d bytes now: %s; %s", shortage.pool, requestedBytes, why, shortage),
                cause);
        this.requestedBytes = requestedBytes;
        this.bytesInUse = shortage.bytesInUse;
        this.idleBytes = shortage.idleBytes;
        this.limitBytes = shortage.limitBytes;
        this.pending = shortage.pending;
        this.timeout = timeout;
    }

    static PoolExhaustedException refused(Shortage shortage, int size, String why) {
        return new PoolExhaustedException(why, size, shortage, false, null);
    }

    static PoolExhaustedException timedOut(Shortage shortage, int size, Duration patience) {
        return new PoolExhaustedException(message("waited %s in vain", patience), size, shortage, true, null);
    }

    static PoolExhaustedException outOfMemory(Shortage shortage, int size, OutOfMemoryError error) {
        return new PoolExhaustedException("the JVM has no memory left", size, shortage, false, error);
    }

    /** Whether the request waited, until its time was over. */
    boolean isTimeout() {
        return timeout;
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
