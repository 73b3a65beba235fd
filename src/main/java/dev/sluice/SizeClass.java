package dev.sluice;

import static dev.sluice.Messages.message;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * All slots of one size in one pool; the class of larger sizes has slabs of one slot each, of any size, which are freed
 * when they come back.
 *
 * <p><b>Parking.</b> To give a bit back and to take it again costs two atomic operations more than the state of the slot
 * does. So a release may leave the slot <i>parked</i>: its state says that it is free, its bit stays taken, and a note at
 * one of sixteen places, picked by the number of the thread, tells the next acquire of that thread where to look. The
 * state decides who gets a parked slot, by one compare-and-set; the note is a plain hint that may be wrong, and a slot that
 * no note points to any more is only out of sight. Whoever must know all that is free, to grow, to refuse, to shrink or to
 * retire, brings the parked slots in first, under the ledger's lock. Nothing belongs to a thread: any slot can be taken and
 * given back by anyone.
 *
 * <p>While somebody waits, or a look of the shrinker is due, nothing is parked. Park against wait: a releaser parks, then
 * reads {@code pending} once more; a request raises {@code pending}, then brings in what is parked. One of them sees the
 * other: either the request finds the slot, or the releaser gives the bit back after all and serves.
 */
final class SizeClass {

    /** A new slab has at most this many bytes, and at most this share of the budget, unless one slot has more. */
    static final int MAX_SLAB_BYTES = 4 << 20;

    static final int MIN_SLABS_IN_BUDGET = 32;

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

    /** So many places there are for parking, each on a cache line of its own. */
    private static final int PLACES = 16;

    private static final int PLACE_SHIFT = 4;

    /** Where nothing was ever parked. Nobody writes it: a slot exists only after {@link #publishLocked}. */
    private static final @Nullable Slot[] NO_PLACES = new Slot[PLACES << PLACE_SHIFT];

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

    /** A sample costs a stack trace, which at a hundred million acquires per second would be a tenth of all work. */
    private static final long SAMPLING_NANOS = 1_000_000;

    private final Ledger ledger;
    private final int maxSlots;

    /** When the last lease was sampled. Two threads may both find that it is time: then two are. */
    private volatile long sampledNanos;

    private volatile SlabList list = SlabList.EMPTY;

    /** The slot that was last parked at each place, if any. Written before the list, and read after it to be written. */
    private @Nullable Slot[] places = NO_PLACES;

    /** Slots in service or being made. Guarded by the ledger; {@code 0 <= slots <= maxSlots}. */
    private int slots;

    SizeClass(BufferPool pool, int slotBytes, int maxSlots) {
        this.pool = pool;
        this.ledger = pool.ledger();
        this.slotBytes = slotBytes;
        this.maxSlots = maxSlots;
        this.larger = slotBytes > SizeClasses.LARGEST;
        this.sampledNanos = pool.clock().nanoTime() - SAMPLING_NANOS;
    }

    boolean isTimeToSample() {
        long now = pool.clock().nanoTime();
        boolean isTime = now - sampledNanos >= SAMPLING_NANOS;
        if (isTime) {
            sampledNanos = now;
        }
        return isTime;
    }

    /** Takes a free slot, or finds that every slab was empty when it was looked at. */
    @Nullable Slot take() {
        int place = placeOfThread();
        Slot noted = places[place];
        if (noted != null && noted.unpark()) {
            return noted;
        }
        Slot slot = list.takeNear(noted == null ? place >>> PLACE_SHIFT : noted.slab.index);
        if (slot != null && (noted == null || noted.slab != slot.slab)) {
            places[place] = slot;
        }
        return slot;
    }

    private static int placeOfThread() {
        return ((int) Thread.currentThread().getId() & (PLACES - 1)) << PLACE_SHIFT;
    }

    /**
     * Whether a slot that is about to be released may be parked, in which case it is noted at this thread's place: it is
     * noted there already, or what is noted there is in use. Nothing is parked where nothing is noted: that thread has
     * acquired nothing since parked slots were brought in last, and would hide from others what it only releases.
     *
     * <p>Two threads may share a place, and both may park: then the slot noted first is out of sight. A thread that
     * releases a lease in vain may note a slot that is not its own: a wrong hint until the next one.
     */
    boolean hasPlaceFor(Slot slot) {
        int place = placeOfThread();
        Slot noted = places[place];
        if (noted == slot) {
            return true;
        }
        if (noted == null || noted.isParked()) {
            return false;
        }
        places[place] = slot;
        return true;
    }

    /** Finishes a release that parked the slot; gives it back if somebody cares by now, and nobody took it. */
    void parked(Slot slot) {
        if (isAttentive() && slot.unpark()) {
            slot.slab.giveBack(slot);
        }
    }

    /** The parked slots of a slab were brought in. */
    void unparkedLocked(Slab slab) {
        forgetPlaces(slab);
        list.open(slab.index);
    }

    private void forgetPlaces(Slab slab) {
        for (int place = 0; place < places.length; place += 1 << PLACE_SHIFT) {
            Slot noted = places[place];
            if (noted != null && noted.slab == slab) {
                places[place] = null;
            }
        }
    }

    private boolean isAttentive() {
        return pool.isAttentive() || ledger.isContested() || larger;
    }

    /**
     * Takes a free slot if there is one at any instant: looks at every slab until nothing came back meanwhile. The
     * caller has announced itself as pending, so releasers say that they were there and newcomers keep off.
     */
    @Nullable Slot takeLocked() {
        int returns;
        do {
            returns = ledger.returns();
            for (Slab slab : list.slabs) {
                if (slab != null) {
                    slab.unparkLocked();
                }
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
        if (isAttentive()) {
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

    int roomLocked() {
        return maxSlots - slots;
    }

    /** How many slots the next slab should have: as many as there are, within the bounds of a slab. */
    int nextSlabSlotsLocked() {
        if (larger) {
            return 1;
        }
        long share = pool.budget().limit() / MIN_SLABS_IN_BUDGET;
        long bySize = Math.min(MAX_SLAB_BYTES, share) / slotBytes;
        return (int) Math.max(1, Math.min(Math.min(Slab.MAX_SLOTS, bySize), slots));
    }

    /** Counts slots and bytes that are charged, before they are made. */
    void chargeLocked(int slotCount, long bytes) {
        slots += slotCount;
        counts.bytes.add(bytes);
        pool.chargeLocked(bytes);
    }

    void creditLocked(int slotCount, long bytes) {
        slots -= slotCount;
        counts.bytes.add(-bytes);
        pool.creditLocked(bytes);
    }

    /** A buffer was made, or dropped. */
    void countMade(int buffers) {
        counts.buffers.add(buffers);
        pool.countMade(buffers);
    }

    void publishLocked(Slab slab) {
        if (places == NO_PLACES) {
            places = new Slot[PLACES << PLACE_SHIFT];
        }
        slab.watchLocked(pool);
        list = list.with(slab);
    }

    void watchLocked() {
        for (Slab slab : list.slabs) {
            if (slab != null) {
                slab.watchLocked(pool);
            }
        }
    }

    /** Slabs of which nothing is leased at this moment. */
    List<Slab> idleSlabsLocked() {
        List<Slab> idle = new ArrayList<>();
        for (Slab slab : list.slabs) {
            if (slab != null && slab.isIdleLocked()) {
                idle.add(slab);
            }
        }
        return idle;
    }

    /** Takes an idle slab out of service and credits it; whoever calls frees its memory next. */
    boolean retireLocked(Slab slab) {
        if (!slab.isIdleLocked() || !slab.retireLocked()) {
            return false;
        }
        removeLocked(slab);
        creditLocked(slab.slotCountLocked(), slab.bytesLocked());
        return true;
    }

    private void removeLocked(Slab slab) {
        forgetPlaces(slab);
        list = list.without(slab);
        counts.endedBefore += slab.endLocked();
    }

    /** Drops the memory of a lease that was lost: its bytes come back, its slot does not. */
    void forfeit(Slot slot) {
        synchronized (ledger) {
            Slab slab = slot.slab;
            slab.forfeitLocked(slot);
            counts.lost++;
            creditLocked(1, slab.slotBytes);
            if (slab.slotCountLocked() == 0) {
                removeLocked(slab);
            }
        }
        ledger.serve(this);
    }

    void unmakeIdleLocked() {
        for (Slab slab : list.slabs) {
            if (slab != null) {
                slab.unmakeIdleLocked();
            }
        }
    }

    /** How many slots were leased at some time since this was asked last. */
    long usedSlotsLocked() {
        long used = 0;
        for (Slab slab : list.slabs) {
            used += slab == null ? 0 : slab.usedSlotsLocked();
        }
        return used;
    }

    long demandLocked() {
        return demand.sum() + pending;
    }

    int slotsLocked() {
        return slots;
    }

    boolean hasIdle() {
        for (Slab slab : list.slabs) {
            if (slab != null && slab.hasIdle()) {
                return true;
            }
        }
        return false;
    }

    void tallyLocked(SizeTally tally) {
        for (Slab slab : list.slabs) {
            if (slab != null) {
                slab.tally(tally);
            }
        }
        tally.add(counts, pending, demandLocked(), slotBytes);
    }
}
