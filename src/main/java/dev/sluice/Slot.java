package dev.sluice;

import static dev.sluice.Messages.message;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Keeps the fields of neighbouring slots on different cache lines. */
abstract class SlotPadding {
    long p0, p1, p2, p3, p4, p5, p6, p7;
}

/**
 * The memory that successive leases reuse, and the word that decides which of them may still use it.
 *
 * <pre>{@code
 *   state   63                 24 | 23 | 22 | 21 | 20            0
 *           generation            |  P |  L |  F | shares
 *
 *   generation   which lease this is: one more with each that ended
 *   P            parked: nobody leases the slot, and its bit has not been given back; see {@link SizeClass}
 *   L            a lease that shared this memory was lost: the memory is not given to anyone again
 *   F            the first lease is released, shares remain
 *   shares       leases from retain and slice that are not yet released
 * }</pre>
 *
 * The lease that {@code acquire} returns is the value (slot, generation): while nobody shares the memory, its release
 * is one compare-and-set from its own generation to the next. Of two threads that release it one wins; the other finds
 * another generation and does nothing, however often the slot was leased meanwhile. A slot would have to be leased
 * 2<sup>40</sup> times before a generation comes round.
 *
 * <p>Every transition of the word stands in this class, and nothing else: {@link SizeClass} does what follows from it.
 * The fields that are not volatile belong to the holder of the slot: they are published by the compare-and-set that
 * parks the slot or the atomic add that gives its bit back, and read after the compare-and-set that takes the one or
 * the other.
 */
final class Slot extends SlotPadding {

    static final int GENERATION_SHIFT = 24;

    /** A slot begins so many generations after its neighbour, so that sampling does not pick them all at once. */
    private static final int STAGGER = 16;

    private static final long GENERATION = 1L << GENERATION_SHIFT;
    private static final long PARKED = 1L << 23;
    private static final long LOST = 1L << 22;
    private static final long FIRST_RELEASED = 1L << 21;
    private static final long SHARES = FIRST_RELEASED - 1;

    /** What must be equal for the first lease to be alive: its generation, and that it is not released. */
    private static final long FIRST = ~(LOST | SHARES);

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Slot.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What the end of a lease means for the slot. */
    enum End {
        /** The lease had ended before. */
        STALE,
        /** Other leases share the memory. */
        SHARED,
        /** It was the last: the slot is free. */
        LAST,
        /** It was the last, and one of those that shared the memory was lost: nobody gets the slot again. */
        FORFEITED
    }

    private volatile long state;

    final Slab slab;
    final int index;

    /**
     * The leases to watch: those whose state has these bits. A taker may go by the old values a little longer; half of
     * the old and half of the new is one of the three levels too.
     */
    private long watchMask;

    private long watchMatch;

    /** The first lease's view and length. */
    ByteBuffer view;

    int length;

    /** The state when the shrinker looked last: a slot whose state moved on was in use since. */
    private long seenState;

    Slot(Slab slab, int index, ByteBuffer view) {
        this.slab = slab;
        this.index = index;
        this.view = view;
        this.state = firstGeneration() << GENERATION_SHIFT;
        this.seenState = state;
    }

    void watch(long mask, long match) {
        watchMask = mask;
        watchMatch = match;
    }

    private long firstGeneration() {
        return (long) index * STAGGER;
    }

    /** Begins the next lease; the caller has just taken the slot's bit, or the slot where it was parked. */
    long begin(int size) {
        length = size;
        view.clear().limit(size).order(ByteOrder.BIG_ENDIAN);
        return state;
    }

    boolean isWatched(long first) {
        return (first & watchMask) == watchMatch;
    }

    boolean isNothingWatched() {
        return watchMatch < 0;
    }

    boolean isEachWatched() {
        return watchMask == 0 && watchMatch == 0;
    }

    /**
     * Whether a lease is only watched as a sample of others; the first of a slab, whose state is zero, always is
     * watched.
     */
    boolean isSample(long first) {
        return watchMask != 0 && first != 0;
    }

    boolean isFirst(long first) {
        return (state & FIRST) == first;
    }

    /** Ends the first lease; false if others share its memory, or if it has ended. */
    boolean end(long first) {
        return STATE.compareAndSet(this, first, first + GENERATION);
    }

    /** The same, and leaves the slot parked. */
    boolean endParked(long first) {
        return STATE.compareAndSet(this, first, first + GENERATION + PARKED);
    }

    boolean isParked() {
        return (state & PARKED) != 0;
    }

    /** Takes the slot from where it is parked: to lease it, or to give its bit back. */
    boolean unpark() {
        long now = state;
        return (now & PARKED) != 0 && STATE.compareAndSet(this, now, now & ~PARKED);
    }

    /** Ends the first lease, which others may share. */
    End endFirst(long first) {
        return endFirst(first, 0);
    }

    /** Ends a first lease that became garbage. */
    End loseFirst(long first) {
        return endFirst(first, LOST);
    }

    private End endFirst(long first, long lost) {
        while (true) {
            long now = state;
            if ((now & FIRST) != first) {
                return End.STALE;
            }
            End end = moveOn(now, now | lost | FIRST_RELEASED);
            if (end != null) {
                return end;
            }
        }
    }

    /** Adds a share for the first lease; false if that is released. */
    boolean shareFirst(long first) {
        while (true) {
            long now = state;
            if ((now & FIRST) != first) {
                return false;
            }
            if (addShare(now)) {
                return true;
            }
        }
    }

    /** Adds a share for a share of the same generation; false if that has ended, and the share with it. */
    boolean share(long first) {
        while (true) {
            long now = state;
            if ((now & -GENERATION) != first) {
                return false;
            }
            if (addShare(now)) {
                return true;
            }
        }
    }

    private boolean addShare(long now) {
        if ((now & SHARES) == SHARES) {
            throw new IllegalStateException(message("%,d leases share one buffer already", SHARES));
        }
        return STATE.compareAndSet(this, now, now + 1);
    }

    End endShare() {
        return endShare(0);
    }

    /** Ends a share that became garbage. */
    End loseShare() {
        return endShare(LOST);
    }

    private End endShare(long lost) {
        while (true) {
            long now = state;
            assert (now & SHARES) != 0;
            End end = moveOn(now, (now - 1) | lost);
            if (end != null) {
                return end;
            }
        }
    }

    /**
     * Moves from one state to another, or, where that leaves no lease at all, on to the next generation; null if it
     * lost.
     */
    private @Nullable End moveOn(long now, long next) {
        if ((next & (SHARES | FIRST_RELEASED)) != FIRST_RELEASED) {
            return STATE.compareAndSet(this, now, next) ? End.SHARED : null;
        }
        if (!STATE.compareAndSet(this, now, (next & -GENERATION) + GENERATION)) {
            return null;
        }
        return (next & LOST) == 0 ? End.LAST : End.FORFEITED;
    }

    /** How many leases of this slot have ended; those that share one count once. */
    long endedLeases() {
        return (state >>> GENERATION_SHIFT) - firstGeneration();
    }

    /** Whether the slot was leased since this was asked last. Only the shrinker asks. */
    boolean wasUsed() {
        long now = state & ~PARKED;
        boolean used = now != seenState;
        seenState = now;
        return used;
    }
}
