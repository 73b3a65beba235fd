package dev.sluice;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The slabs of a size class, and one bit for each that says whether looking there is worth while.
 *
 * <p>A slab keeps its place as long as it lives. Places are filled and emptied in the list that is there; only when all
 * are full another list takes its place, with twice as many, so that adding a slab takes the same time however many
 * there are. All changes are made under the ledger's lock, all reads without it.
 *
 * <p>The bits are hints that make acquire cost the same however many slabs are empty. They may be set for an empty
 * slab, never clear for long for one that has room: the taker that clears a bit looks at the slab once more, and the
 * releaser that fills an empty slab looks at the bit afterwards, so at least one of the two sees the other. A releaser
 * may set a bit in a list that was replaced meanwhile; the ledger, which copies the bits before it looks at what is
 * unsettled, sets it again.
 */
final class SlabList {

    private static final VarHandle SLABS = MethodHandles.arrayElementVarHandle(Slab[].class);

    static final SlabList EMPTY = new SlabList(0);

    private static final int BITS_LOG2 = 6;

    /** So few slabs are looked at faster than bits are kept for them, which takers and releasers would fight for. */
    private static final int FEW = 8;

    /** Read and written by {@link #SLABS}: what is found at a place was written before it was put there. */
    private final @Nullable Slab[] slabs;

    private final AtomicLongArray open;

    /** The places that are taken, and a word before which no place is free. Guarded by the ledger. */
    private final long[] taken;

    private int firstWithRoom;
    private int size;

    /** One above the last place that was ever taken: no reader looks further. */
    private volatile int end;

    private SlabList(int capacity) {
        this.slabs = new Slab[capacity];
        int words = (capacity + Long.SIZE - 1) >>> BITS_LOG2;
        this.open = new AtomicLongArray(words);
        this.taken = new long[words];
    }

    /** A list that has room for one slab more: this one, or a larger copy. */
    SlabList withRoomLocked() {
        int capacity = slabs.length;
        if (size < capacity) {
            return this;
        }
        SlabList larger = new SlabList(Math.max(1, 2 * capacity));
        for (int i = 0; i < capacity; i++) {
            Slab slab = get(i);
            if (slab != null) {
                larger.putLocked(slab, i);
            }
        }
        return larger;
    }

    /** Adds a slab, which is told its place; there is room. */
    void addLocked(Slab slab) {
        int word = firstWithRoom;
        while (taken[word] == -1L) {
            word++;
        }
        firstWithRoom = word;
        putLocked(slab, (word << BITS_LOG2) + Long.numberOfTrailingZeros(~taken[word]));
    }

    private void putLocked(Slab slab, int place) {
        slab.index = place;
        SLABS.setRelease(slabs, place, slab);
        taken[place >>> BITS_LOG2] |= 1L << place;
        size++;
        if (place >= end) {
            end = place + 1;
        }
        open(place);
    }

    /** Takes a slab out; the list that has only free places at its end gets shorter. */
    SlabList withoutLocked(Slab slab) {
        int place = slab.index;
        SLABS.setRelease(slabs, place, null);
        taken[place >>> BITS_LOG2] &= ~(1L << place);
        firstWithRoom = Math.min(firstWithRoom, place >>> BITS_LOG2);
        size--;
        if (size == 0) {
            return EMPTY;
        }
        int last = end;
        while (get(last - 1) == null) {
            last--;
        }
        end = last;
        return this;
    }

    /** A place beyond the end is one whose slab was retired, and the list cut, before its releaser came to say so. */
    void open(int index) {
        if (index >= slabs.length) {
            return;
        }
        int word = index >>> BITS_LOG2;
        long bit = 1L << index;
        if ((open.get(word) & bit) == 0) {
            open.accumulateAndGet(word, bit, (bits, more) -> bits | more);
        }
    }

    private void close(Slab slab, int index) {
        open.accumulateAndGet(index >>> BITS_LOG2, 1L << index, (bits, less) -> bits & ~less);
        if (!slab.isEmpty()) {
            open(index);
        }
    }

    /** How many places a reader has to look at. */
    int end() {
        return end;
    }

    @Nullable Slab get(int index) {
        return (Slab) SLABS.getAcquire(slabs, index);
    }

    /** Takes a slot of a slab that was good before, or of any; null if all were found empty. */
    @Nullable Slot takeNear(int index) {
        int length = end;
        if (length == 0) {
            return null;
        }
        Slab slab = index < length ? get(index) : null;
        if (slab != null) {
            int taken = slab.takeIndex();
            if (taken >= 0) {
                return taken(slab, taken);
            }
        }
        return takeFrom((index + 1) % length);
    }

    private static Slot taken(Slab slab, int index) {
        slab.unsettle();
        return slab.slot(index);
    }

    /** Takes a slot of any slab whose bit is set, the place after {@code start} first; null if all were found empty. */
    @Nullable Slot takeFrom(int start) {
        int words = (end + Long.SIZE - 1) >>> BITS_LOG2;
        boolean contended;
        do {
            contended = false;
            for (int i = 0; i <= words && words > 0; i++) {
                int word = ((start >>> BITS_LOG2) + i) % words;
                long rest = open.get(word) & (i == 0 ? -1L << start : i == words ? ~(-1L << start) : -1L);
                for (; rest != 0; rest &= rest - 1) {
                    int index = (word << BITS_LOG2) + Long.numberOfTrailingZeros(rest);
                    Slab slab = get(index);
                    int taken = slab == null ? SlabFreeSet.EMPTY : slab.takeIndex();
                    if (taken >= 0 && slab != null) {
                        return taken(slab, taken);
                    }
                    contended |= taken == SlabFreeSet.CONTENDED;
                    if (taken == SlabFreeSet.EMPTY && slab != null && end > FEW) {
                        close(slab, index);
                    }
                }
            }
        } while (contended);
        return null;
    }
}
