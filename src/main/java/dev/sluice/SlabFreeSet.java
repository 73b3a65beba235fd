package dev.sluice;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Keeps what takers write away from the cache line of what stands before it. */
abstract class FreeSetPadding {
    long p0, p1, p2, p3, p4, p5, p6, p7;
}

/** The half that takers write. */
abstract class FreeSetTaken extends FreeSetPadding {
    volatile long free;
    volatile int refilling;
}

/** Keeps the two halves on different cache lines. */
abstract class FreeSetMiddle extends FreeSetTaken {
    long m0, m1, m2, m3, m4, m5, m6, m7;
}

/**
 * The free set of a slab: one bit per slot, set while nobody leases it, in one of two words.
 *
 * <p>Takers clear bits of {@code free} by a compare-and-set. Releasers set bits of {@code returned} by an atomic add,
 * which cannot carry, since the bit is clear in both words while it is held. A taker that finds {@code free} empty
 * fetches what was returned: the one bit, or all at once. So where one thread takes and another gives back, each works
 * on a cache line of its own, and they meet once for many slots. The idea of two lists is that of mimalloc (Leijen,
 * Zorn and de Moura, "Mimalloc: Free List Sharding in Action", 2019).
 *
 * <p><b>Fetching.</b> Between leaving {@code returned} and arriving in {@code free} bits are in neither word. The
 * thread that moves them holds {@code refilling}, so a taker that finds both words empty knows the difference between
 * {@link #EMPTY} and {@link #CONTENDED}, and tries again: the hold is a few instructions long.
 *
 * <p><b>Retiring.</b> A retired slab is the empty set for ever. All bits are brought into {@code free}, and one
 * compare-and-set from <i>all</i> to <i>none</i> decides: a taker that comes later finds the set empty and goes to
 * another slab; if a taker came first, or a slot is leased, the slab stays in service.
 */
abstract class SlabFreeSet extends FreeSetMiddle {

    /** Answer of {@link #takeIndex()}: no bit is set. */
    static final int EMPTY = -1;

    /** Answer of {@link #takeIndex()}: another thread takes or moves bits; there may be more. */
    static final int CONTENDED = -2;

    private static final VarHandle FREE;
    private static final VarHandle REFILLING;
    private static final VarHandle RETURNED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            FREE = lookup.findVarHandle(FreeSetTaken.class, "free", long.class);
            REFILLING = lookup.findVarHandle(FreeSetTaken.class, "refilling", int.class);
            RETURNED = lookup.findVarHandle(SlabFreeSet.class, "returned", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long returned;

    SlabFreeSet(long free) {
        this.free = free;
    }

    /** Takes the lowest free bit: an index, {@link #EMPTY} or {@link #CONTENDED}. */
    final int takeIndex() {
        long now = free;
        if (now == 0) {
            return takeReturned();
        }
        return FREE.compareAndSet(this, now, now & (now - 1)) ? Long.numberOfTrailingZeros(now) : CONTENDED;
    }

    private int takeReturned() {
        long back = returned;
        if (back == 0) {
            return isEmpty() ? EMPTY : CONTENDED;
        }
        if ((back & (back - 1)) == 0) {
            return RETURNED.compareAndSet(this, back, 0L) ? Long.numberOfTrailingZeros(back) : CONTENDED;
        }
        return startRefilling() ? refill() : CONTENDED;
    }

    /** Moves what was returned to where takers look, but for one bit, which is the caller's. */
    private int refill() {
        boolean done = false;
        try {
            long fetched = (long) RETURNED.getAndSet(this, 0L);
            long rest = fetched & (fetched - 1);
            if (rest != 0) {
                FREE.getAndAdd(this, rest);
            }
            stopRefilling();
            done = true;
            return fetched == 0 ? CONTENDED : Long.numberOfTrailingZeros(fetched);
        } finally {
            if (!done) {
                refilling = 0; // a plain write, which a stack at its end has room for
            }
        }
    }

    /**
     * Whether no bit is set or being moved. The order matters: what had left {@code returned} before the first look has
     * arrived in {@code free} by the time that nobody is seen moving it.
     */
    final boolean isEmpty() {
        return returned == 0 && refilling == 0 && free == 0;
    }

    /** Announces bits on their way, so that the set is not found empty before they have {@link #arrive arrived}. */
    final void expect() {
        while (!startRefilling()) {
            // a few instructions of another thread
        }
    }

    /** Sets the bits that were expected, which the caller holds. */
    final void arrive(long bits) {
        try {
            if (bits != 0) {
                FREE.getAndAdd(this, bits);
            }
        } finally {
            refilling = 0;
        }
    }

    private boolean startRefilling() {
        return refilling == 0 && REFILLING.compareAndSet(this, 0, 1);
    }

    private void stopRefilling() {
        REFILLING.setRelease(this, 0);
    }

    /** Sets a bit that the caller holds and says whether nothing was waiting to be fetched before. */
    final boolean giveBackIndex(int index) {
        return (long) RETURNED.getAndAdd(this, 1L << index) == 0;
    }

    /** Takes all that is free at once. */
    final long takeAll() {
        expect();
        try {
            return (long) RETURNED.getAndSet(this, 0L) | (long) FREE.getAndSet(this, 0L);
        } finally {
            refilling = 0;
        }
    }

    /** Sets bits that the caller holds. */
    final void giveBackAll(long bits) {
        RETURNED.getAndAdd(this, bits);
    }

    /** Makes the set empty for ever, if all of these bits are in it. */
    final boolean retire(long full) {
        expect();
        long back = 0;
        try {
            back = (long) RETURNED.getAndSet(this, 0L);
        } finally {
            arrive(back);
        }
        return FREE.compareAndSet(this, full, 0L);
    }

    /** The bits that are set; those that are being moved are missing. */
    final long free() {
        return returned | free;
    }
}
