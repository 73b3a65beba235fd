package dev.sluice;

import static dev.sluice.Messages.message;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What one subscriber has requested and not yet been given, told to the pool so that it keeps and shrinks accordingly.
 *
 * <p>Made by {@link BufferPool#demand}. A source adds what its subscriber requests and takes off what it emits; an
 * unbounded request should count as the few buffers that the source would fetch ahead, else the pool keeps everything
 * for it. What the source has leased, or waits for in the pool's queue, the pool counts by itself: take it off as well,
 * or it counts twice. Thread-safe.
 */
public final class Demand implements AutoCloseable {

    /** A subscriber that wants all there is: it stays so until it leaves. */
    private static final long UNBOUNDED = Long.MAX_VALUE;

    private static final long CLOSED = Long.MIN_VALUE;

    /** One subscriber counts as so many buffers at most, so that the sum of all cannot overflow. */
    private static final long MAX_COUNTED = Integer.MAX_VALUE;

    private final SizeClass sizeClass;
    private final AtomicLong outstanding = new AtomicLong();

    Demand(SizeClass sizeClass) {
        this.sizeClass = sizeClass;
    }

    /**
     * Adds to what is outstanding, or takes off. What reaches {@link Long#MAX_VALUE} is unbounded and stays so,
     * whatever is added or taken off. Does nothing once closed.
     *
     * @param buffers how many more, or fewer if negative
     * @throws IllegalArgumentException if more would be taken off than is outstanding
     */
    public void add(long buffers) {
        while (true) {
            long now = outstanding.get();
            if (now == CLOSED || now == UNBOUNDED) {
                return;
            }
            long sum = now + buffers;
            if (buffers > 0 && sum < 0) {
                sum = UNBOUNDED;
            } else if (sum < 0) {
                throw new IllegalArgumentException(
                        message("%,d buffers cannot be taken off a demand of %,d", -buffers, now));
            }
            if (outstanding.compareAndSet(now, sum)) {
                sizeClass.demand.addAndGet(counted(sum) - counted(now));
                return;
            }
        }
    }

    private static long counted(long buffers) {
        return Math.min(buffers, MAX_COUNTED);
    }

    /**
     * What is outstanding.
     *
     * @return buffers requested and not yet given, {@link Long#MAX_VALUE} if unbounded; 0 once closed
     */
    public long outstanding() {
        long now = outstanding.get();
        return now == CLOSED ? 0 : now;
    }

    /** Takes off what is left: the subscription has ended. Further calls do nothing. */
    @Override
    public void close() {
        long left = outstanding.getAndSet(CLOSED);
        if (left != CLOSED) {
            sizeClass.demand.addAndGet(-counted(left));
        }
    }
}
