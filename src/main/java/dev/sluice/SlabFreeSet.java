package dev.sluice;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Keeps the free set away from the cache line of what stands before it. */
abstract class SlabFreeSetPadding {
    long p0, p1, p2, p3, p4, p5, p6, p7;
}

/**
 * The free set of a slab: one bit per slot, set while nobody leases it.
 *
 * <p>A bit is cleared by one compare-and-set and set by one atomic add, by whoever holds it; adding cannot carry, since
 * the bit is clear while it is held. A retired slab is the empty set for ever: retiring is one compare-and-set from
 * <i>all free</i> to <i>none</i>. Against a concurrent {@link #takeIndex()} exactly one of the two wins: a taker that
 * loses finds the set empty and goes to another slab, a retirer that loses leaves the slab in service.
 */
abstract class SlabFreeSet extends SlabFreeSetPadding {

    /** Answer of {@link #takeIndex()}: no bit is set. */
    static final int EMPTY = -1;

    /** Answer of {@link #takeIndex()}: another thread changed the set meanwhile; there may be bits. */
    static final int CONTENDED = -2;

    private static final VarHandle FREE;

    static {
        try {
            FREE = MethodHandles.lookup().findVarHandle(SlabFreeSet.class, "free", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long free;

    SlabFreeSet(long free) {
        this.free = free;
    }

    /** Takes the lowest free bit: an index, {@link #EMPTY} or {@link #CONTENDED}. */
    final int takeIndex() {
        long now = free;
        if (now == 0) {
            return EMPTY;
        }
        return FREE.compareAndSet(this, now, now & (now - 1)) ? Long.numberOfTrailingZeros(now) : CONTENDED;
    }

    /** Sets a bit that the caller holds and says whether the set was empty before. */
    final boolean giveBackIndex(int index) {
        return (long) FREE.getAndAdd(this, 1L << index) == 0;
    }

    /** Takes whatever is free at once. */
    final long takeAll() {
        return (long) FREE.getAndSet(this, 0L);
    }

    /** Sets bits that the caller holds. */
    final void giveBackAll(long bits) {
        FREE.getAndAdd(this, bits);
    }

    final boolean retire(long full) {
        return FREE.compareAndSet(this, full, 0L);
    }

    final long free() {
        return free;
    }
}
