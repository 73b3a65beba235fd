package dev.sluice;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The slabs of a size class, and one bit for each that says whether looking there is worth while.
 *
 * <p>The list is replaced, under the ledger's lock, when a slab comes or goes; a slab keeps its place as long as it
 * lives. The bits are hints that make acquire cost the same however many slabs are empty. They may be set for an empty
 * slab, never clear for long for one that has room: the taker that clears a bit looks at the slab once more, and the
 * releaser that fills an empty slab looks at the bit afterwards, so at least one of the two sees the other.
 */
final class SlabList {

    static final SlabList EMPTY = new SlabList(new Slab[0]);

    private static final int BITS_LOG2 = 6;

    /** So few slabs are looked at faster than bits are kept for them, which takers and releasers would fight for. */
    private static final int FEW = 8;

    final @Nullable Slab[] slabs;
    private final AtomicLongArray open;

    private SlabList(@Nullable Slab[] slabs) {
        this.slabs = slabs;
        this.open = new AtomicLongArray((slabs.length + Long.SIZE - 1) >>> BITS_LOG2);
        for (int i = 0; i < slabs.length; i++) {
            if (slabs[i] != null) {
                open(i);
            }
        }
    }

    /** A list that has one slab more, which is told its place. */
    SlabList with(Slab slab) {
        int place = 0;
        while (place < slabs.length && slabs[place] != null) {
            place++;
        }
        @Nullable Slab[] more = Arrays.copyOf(slabs, Math.max(slabs.length, place + 1));
        more[place] = slab;
        slab.index = place;
        return new SlabList(more);
    }

    /** A list that has one slab less, and no empty places at its end. */
    SlabList without(Slab slab) {
        int end = slabs.length;
        while (end > 0 && (slabs[end - 1] == null || slabs[end - 1] == slab)) {
            end--;
        }
        @Nullable Slab[] fewer = Arrays.copyOf(slabs, end);
        if (slab.index < end) {
            fewer[slab.index] = null;
        }
        return new SlabList(fewer);
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

    /** Takes a slot of a slab that was good before, or of any; null if all were found empty. */
    @Nullable Slot takeNear(int index) {
        int length = slabs.length;
        if (length == 0) {
            return null;
        }
        Slab slab = index < length ? slabs[index] : null;
        if (slab != null) {
            int taken = slab.takeIndex();
            if (taken >= 0) {
                return slab.slot(taken);
            }
        }
        return takeFrom((index + 1) % length);
    }

    /** Takes a slot of any slab whose bit is set, the place after {@code start} first; null if all were found empty. */
    @Nullable Slot takeFrom(int start) {
        int words = open.length();
        boolean contended;
        do {
            contended = false;
            for (int i = 0; i <= words; i++) {
                int word = ((start >>> BITS_LOG2) + i) % words;
                long rest = open.get(word) & (i == 0 ? -1L << start : i == words ? ~(-1L << start) : -1L);
                for (; rest != 0; rest &= rest - 1) {
                    int index = (word << BITS_LOG2) + Long.numberOfTrailingZeros(rest);
                    Slab slab = slabs[index];
                    int taken = slab == null ? SlabFreeSet.EMPTY : slab.takeIndex();
                    if (taken >= 0 && slab != null) {
                        return slab.slot(taken);
                    }
                    contended |= taken == SlabFreeSet.CONTENDED;
                    if (taken == SlabFreeSet.EMPTY && slab != null && slabs.length > FEW) {
                        close(slab, index);
                    }
                }
            }
        } while (contended);
        return null;
    }
}
