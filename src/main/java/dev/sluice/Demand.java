package dev.sluice;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What one subscriber has requested and not yet been given, told to the pool so that it keeps and shrinks accordingly.
 *
 * <p>Made by {@link BufferPool#demand}. A source adds what its subscriber requests and takes off what it emits; an
 * unbounded request counts as the few buffers that the source would fetch ahead, else the pool would keep everything for
 * it. What the source has leased, or waits for in the pool's queue, the pool counts by itself: take it off as well, or it
 * counts twice. Thread-safe.
 */
public final class Demand implements AutoCloseable {

    private static final long CLOSED = Long.MIN_VALUE;

    private final SizeClass sizeClass;
    private final AtomicLong outstanding = new AtomicLong();

    Demand(SizeClass sizeClass) {
        this.sizeClass = sizeClass;
    }

    /**
     * Adds to what is outstanding, or takes off. Does nothing once closed.
     *
     * @param buffers how many more, or fewer if negative
     */
    public void add(long buffers) {
        while (true) {
            long now = outstanding.get();
            if (now == CLOSED) {
                return;
            }
            if (outstanding.compareAndSet(now, now + buffers)) {
                sizeClass.demand.add(buffers);
                return;
            }
        }
    }

    /**
     * What is outstanding.
     *
     * @return buffers requested and not yet given; 0 once closed
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
            sizeClass.demand.add(-left);
        }
    }
}
