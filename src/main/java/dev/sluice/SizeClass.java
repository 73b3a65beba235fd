package dev.sluice;

import static dev.sluice.BufferPoolException.message;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * All slots of one size in one pool; the class of larger sizes has slabs of one slot each, of any size, which are freed
 * when they come back.
 *
 * <p>A thread begins to look where it last found something, at first at a place that its number picks, so that threads
 * come to work on different slabs. Nothing belongs to a thread: the hints may be wrong, and any slot can be taken and
 * given back by anyone.
 */
final class SizeClass {

    /** A new slab has at most this many bytes, and at most this share of the budget, unless one slot has more. */
    static final int MAX_SLAB_BYTES = 4 << 20;

    static final int MIN_SLABS_IN_BUDGET = 32;

    private static final int HINTS = 16;

    /** Numbers that change off the hot path. Guarded by the ledger, but for the adder. */
    static final class Counts {
        final LongAdder misses = new LongAdder();
        final HighWater buffers = new HighWater();
        final HighWater bytes = new HighWater();
        long endedBefore;
        long reclaimedBytes;
        long shrunkBytes;
        long lost;
    }

    final BufferPool pool;
    final int slotBytes;
    final boolean larger;

    /** Requests that this class refused because it has all the slots that it may have. Guarded by the ledger. */
    final WaitQueue waiting = new WaitQueue(this::refusal);

    final Counts counts = new Counts();
    final LongAdder demand = new LongAdder();

    /** How many requests for this class wait, here or at a budget. Guarded by the ledger. */
    int pending;

    /** The decayed peak of use and demand, in slots: what shrinking leaves alone. Guarded by the ledger. */
    long justified;

    private final Ledger ledger;
    private final int maxSlots;
    private final int[] hints = new int[HINTS];
    private volatile SlabList list = SlabList.EMPTY;

    /** Slots in service or being made. Guarded by the ledger; {@code 0 <= slots <= maxSlots}. */
    private int slots;

    SizeClass(BufferPool pool, int slotBytes, int maxSlots) {
        this.pool = pool;
        this.ledger = pool.ledger();
        this.slotBytes = slotBytes;
        this.maxSlots = maxSlots;
        this.larger = slotBytes > SizeClasses.LARGEST;
        for (int i = 0; i < HINTS; i++) {
            hints[i] = i;
        }
    }

    /** Takes a free slot, or finds that every slab was empty when it was looked at. */
    @Nullable Slot take() {
        @Nullable Slab[] slabs = list.slabs;
        int thread = (int) Thread.currentThread().getId() & (HINTS - 1);
        int hint = hints[thread];
        if (hint < slabs.length) {
            Slab slab = slabs[hint];
            if (slab != null) {
                int taken = slab.takeIndex();
                if (taken >= 0) {
                    return slab.slot(taken);
                }
            }
        }
        return takeElsewhere(thread);
    }

    private @Nullable Slot takeElsewhere(int thread) {
        SlabList now = list;
        if (now.slabs.length == 0) {
            return null;
        }
        Slot slot = now.takeFrom((hints[thread] + 1) % now.slabs.length);
        if (slot != null) {
            hints[thread] = slot.slab.index;
        }
        return slot;
    }

    /**
     * Takes a free slot if there is one at any instant: looks at every slab until nothing came back meanwhile. The
     * caller has announced itself as pending, so releasers say that they were there and newcomers keep off.
     */
    @Nullable Slot takeExactly() {
        int returns;
        do {
            returns = ledger.returns();
            for (Slab slab : list.slabs) {
                int taken = slab == null ? SlabFreeSet.EMPTY : slab.takeIndex();
                while (slab != null && taken != SlabFreeSet.EMPTY) {
                    if (taken >= 0) {
                        list.open(slab.index);
                        return slab.slot(taken);
                    }
                    taken = slab.takeIndex();
                }
            }
        } while (returns != ledger.returns());
        return null;
    }

    /** Finishes a release: the bit is set already. */
    void gaveBack(Slab slab, boolean wasEmpty) {
        if (wasEmpty) {
            list.open(slab.index);
        }
        if (pool.isAttentive() || ledger.isContested() || larger) {
            ledger.onReturn(this, slab);
        }
    }

    /** The bytes that a slot for so many takes. */
    int slotBytesFor(int size) {
        return larger ? size : slotBytes;
    }

    /** The size by which the class is known outside. */
    int capacity() {
        return larger ? Integer.MAX_VALUE : slotBytes;
    }

    private String refusal() {
        return larger
                ? message("all %,d buffers above %,d bytes that it may have are in use", maxSlots, SizeClasses.LARGEST)
                : message("all %,d buffers of %,d bytes that it may have are in use", maxSlots, slotBytes);
    }

    int roomExactly() {
        return maxSlots - slots;
    }

    /** How many slots the next slab should have: as many as there are, within the bounds of a slab. */
    int nextSlabSlotsExactly() {
        if (larger) {
            return 1;
        }
        long share = pool.budget().limit() / MIN_SLABS_IN_BUDGET;
        long bySize = Math.min(MAX_SLAB_BYTES, share) / slotBytes;
        return (int) Math.max(1, Math.min(Math.min(Slab.MAX_SLOTS, bySize), slots));
    }

    /** Counts slots and bytes that are charged, before they are made. */
    void chargeExactly(int slotCount, long bytes) {
        slots += slotCount;
        counts.bytes.add(bytes);
        pool.chargeExactly(bytes);
    }

    void creditExactly(int slotCount, long bytes) {
        slots -= slotCount;
        counts.bytes.add(-bytes);
        pool.creditExactly(bytes);
    }

    /** A buffer was made, or dropped. */
    void countMade(int buffers) {
        counts.buffers.add(buffers);
        pool.countMade(buffers);
    }

    void publishExactly(Slab slab) {
        slab.watchExactly(pool);
        list = list.with(slab);
    }

    void watchExactly() {
        for (Slab slab : list.slabs) {
            if (slab != null) {
                slab.watchExactly(pool);
            }
        }
    }

    /** Slabs of which nothing is leased at this moment. */
    List<Slab> idleSlabsExactly() {
        List<Slab> idle = new ArrayList<>();
        for (Slab slab : list.slabs) {
            if (slab != null && slab.isIdleExactly()) {
                idle.add(slab);
            }
        }
        return idle;
    }

    /** Takes an idle slab out of service and credits it; whoever calls frees its memory next. */
    boolean retireExactly(Slab slab) {
        if (!slab.isIdleExactly() || !slab.retireExactly()) {
            return false;
        }
        removeExactly(slab);
        creditExactly(slab.slotCountExactly(), slab.bytesExactly());
        return true;
    }

    private void removeExactly(Slab slab) {
        list = list.without(slab);
        counts.endedBefore += slab.endExactly();
    }

    /** Drops the memory of a lease that was lost: its bytes come back, its slot does not. */
    void forfeit(Slot slot) {
        synchronized (ledger) {
            Slab slab = slot.slab;
            slab.forfeitExactly(slot);
            counts.lost++;
            creditExactly(1, slab.slotBytes);
            if (slab.slotCountExactly() == 0) {
                removeExactly(slab);
            }
        }
        ledger.serve(this);
    }

    void unmakeIdleExactly() {
        for (Slab slab : list.slabs) {
            if (slab != null) {
                slab.unmakeIdleExactly();
            }
        }
    }

    /** How many slots were leased at some time since this was asked last. */
    long usedSlotsExactly() {
        long used = 0;
        for (Slab slab : list.slabs) {
            used += slab == null ? 0 : slab.usedSlotsExactly();
        }
        return used;
    }

    long demandExactly() {
        return demand.sum() + pending;
    }

    int slotsExactly() {
        return slots;
    }

    boolean hasIdle() {
        for (Slab slab : list.slabs) {
            if (slab != null && !slab.isEmpty()) {
                return true;
            }
        }
        return false;
    }

    void tallyExactly(SizeTally tally) {
        for (Slab slab : list.slabs) {
            if (slab != null) {
                slab.tally(tally);
            }
        }
        tally.add(counts, pending, demandExactly(), slotBytes);
    }
}
