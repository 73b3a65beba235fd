package dev.sluice;

import static dev.sluice.Messages.message;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * All slots of one size in one pool, and the conductor of every release: it asks the slot's word what the end of a
 * lease means, gives the bit back to the slab, and tells the ledger if somebody cares. The class of larger sizes has
 * slabs of one slot each, of any size, which are freed when they come back.
 *
 * <p>While somebody waits, or a look of the shrinker is due, nothing is parked. Park against wait: a releaser parks,
 * then reads {@code pending} once more; a request raises {@code pending}, then brings in what is parked. One of them
 * sees the other: either the request finds the slot, or the releaser gives the bit back after all and serves.
 */
final class SizeClass extends SizeParking {

    /** A new slab has at most this many bytes, and at most this share of the budget, unless one slot has more. */
    static final int MAX_SLAB_BYTES = 4 << 20;

    static final int MIN_SLABS_IN_BUDGET = 32;

    /** Numbers that change off the hot path. Guarded by the ledger. */
    static final class Counts {
        final HighWater buffers = new HighWater();
        final HighWater bytes = new HighWater();
        long misses;
        long endedBefore;
        long reclaimedBytes;
        long shrunkBytes;
        long lost;
    }

    private static final int MAX_LOOKS = 8;

    private static final long NEVER = Long.MIN_VALUE;

    /** A sample costs a stack trace, which at a hundred million acquires per second would be a tenth of all work. */
    private static final long SAMPLING_NANOS = 1_000_000;

    final BufferPool pool;
    final int slotBytes;
    final boolean larger;
    final Counts counts = new Counts();
    final AtomicLong demand = new AtomicLong();

    /** Its slabs of which nothing is leased. Guarded by the ledger. */
    final SlabIdleList idle = new SlabIdleList();

    /** Those who wait for a slot of this class, oldest first. Guarded by the ledger. */
    final WaitLine line;

    /** The decayed peak of use and demand, in slots: what shrinking leaves alone. Guarded by the ledger. */
    long justified;

    private final Ledger ledger;
    private final int maxSlots;

    /** When the last lease was sampled. Two threads may both find that it is time: then two are. */
    private volatile long sampledNanos = NEVER;

    private volatile SlabList list = SlabList.EMPTY;

    /** Slots in service or being made. Guarded by the ledger; {@code 0 <= servedSlots <= slots <= maxSlots}. */
    private int slots;

    /** Slots in service. Guarded by the ledger. */
    private int servedSlots;

    /** Slots in service that the ledger knows to be free. Guarded by the ledger. */
    private int freeSlots;

    /** A slab in which the ledger found a free slot last. Guarded by the ledger. */
    private int lastWithRoom;

    /** The slabs that were used since the shrinker looked last. Guarded by the ledger. */
    private @Nullable Slab active;

    SizeClass(BufferPool pool, int slotBytes, int maxSlots) {
        this.pool = pool;
        this.ledger = pool.ledger();
        this.slotBytes = slotBytes;
        this.maxSlots = maxSlots;
        this.larger = slotBytes > SizeClasses.LARGEST;
        this.line = new WaitLine(pool.budget().line, this::refusal);
    }

    /** Takes a free slot, or finds that every slab was empty when it was looked at. */
    @Nullable Slot take() {
        int place = placeOfThread();
        Slot noted = noted(place);
        if (noted != null && noted.unpark()) {
            return noted;
        }
        Slot slot = list.takeNear(noted == null ? firstLook(place) : noted.slab.index);
        if (slot != null && (noted == null || noted.slab != slot.slab)) {
            note(place, slot);
        }
        return slot;
    }

    /** Leases a slot that the caller has taken; if that fails, the slot is free again. */
    PooledBuffer lease(Slot slot, int size) {
        LeaseWatch watch = null;
        try {
            long first = slot.begin(size);
            watch = slot.isWatched(first) ? LeaseTrace.watchSome(this, slot, first, size) : null;
            return new Lease(slot, first, watch);
        } catch (Throwable e) {
            LeaseWatch.forget(watch);
            giveBack(slot);
            throw e;
        }
    }

    /** The same for a holder who said who it is: always watched, unless watching is off. */
    PooledBuffer lease(Slot slot, int size, @Nullable Object holder) {
        if (holder == null || slot.isNothingWatched()) {
            return lease(slot, size);
        }
        LeaseWatch watch = null;
        try {
            long first = slot.begin(size);
            watch = watch(slot, first, size, holder);
            return new Lease(slot, first, watch);
        } catch (Throwable e) {
            LeaseWatch.forget(watch);
            giveBack(slot);
            throw e;
        }
    }

    /** Watches a lease without a holder, or, where only samples are watched and one was taken just now, does not. */
    @Nullable LeaseWatch watchSome(Slot slot, long first, int size) {
        try {
            return slot.isSample(first) && !isTimeToSample() ? null : watch(slot, first, size, null);
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("a lease could not be watched", e);
            return null;
        }
    }

    /**
     * Where every lease is watched, and for a holder who said who it is, makes a view that no former holder can move.
     */
    private static LeaseWatch watch(Slot slot, long first, int size, @Nullable Object holder) {
        if (holder != null || slot.isEachWatched()) {
            slot.view = slot.view.duplicate();
        }
        return LeaseWatch.ofFirst(slot, first, size, holder);
    }

    private boolean isTimeToSample() {
        long now = pool.clock().nanoTime();
        long last = sampledNanos;
        boolean isTime = last == NEVER || now - last >= SAMPLING_NANOS;
        if (isTime) {
            sampledNanos = now;
        }
        return isTime;
    }

    /**
     * Ends a first lease, unless it has ended: parks the slot, or gives its bit back, or leaves it to those who share
     * it.
     */
    void release(Slot slot, long first) {
        if (claimPlace(slot)) {
            if (slot.endParked(first)) {
                parked(slot);
                return;
            }
        } else if (slot.end(first)) {
            giveBack(slot);
            return;
        }
        ended(slot, slot.endFirst(first));
    }

    /** The same for a lease that is watched, which is never parked; says whether this call has ended it. */
    boolean releaseWatched(Slot slot, long first) {
        if (slot.end(first)) {
            giveBack(slot);
            return true;
        }
        Slot.End end = slot.endFirst(first);
        ended(slot, end);
        return end != Slot.End.STALE;
    }

    /** Does what the end of a lease means for its slot. */
    void ended(Slot slot, Slot.End end) {
        if (end == Slot.End.LAST) {
            giveBack(slot);
        } else if (end == Slot.End.FORFEITED) {
            ledger.forfeit(slot);
        }
    }

    /** The slot was left parked; takes it back if somebody cares by now, and nobody took it. */
    private void parked(Slot slot) {
        slot.slab.allowParking();
        if (isAttentive() && slot.unpark()) {
            giveBack(slot);
        }
    }

    /** Returns the bit of a slot that nobody leases. */
    void giveBack(Slot slot) {
        Slab slab = slot.slab;
        if (slab.giveBackIndex(slot.index)) {
            list.open(slab.index);
        }
        slab.unsettle();
        if (isAttentive()) {
            ledger.onReturn(this, slab);
        }
    }

    private boolean isAttentive() {
        return pool.isAttentive() || ledger.isContested() || larger;
    }

    /**
     * Takes a free slot, if one of those that the ledger knows of is still there; it knows all, since nobody else may
     * come.
     */
    @Nullable Slot takeLocked() {
        assert ledger.isHeld();
        return freeSlots == 0 ? null : list.takeFrom(lastWithRoom);
    }

    /** Takes the slot of an idle slab that has no other; null if few looks find none. */
    @Nullable Slot takeAloneLocked() {
        SlabIdleList.Node node = idle.oldest();
        for (int looks = 0; node != null && looks < MAX_LOOKS; looks++) {
            if (node.slab.slotCountLocked() == 1) {
                return larger ? null : list.takeNear(node.slab.index);
            }
            node = node.next();
        }
        return null;
    }

    /** Whether a request for this class could have a slot without a byte of the budget. */
    boolean hasFreeLocked() {
        return freeSlots != 0 && !larger;
    }

    /** Learns what is free in a slab, and whether all of it is. */
    void settleLocked(Slab slab) {
        assert ledger.isHeld();
        if (!isInServiceLocked(slab)) {
            return; // it was retired meanwhile, or could not be made
        }
        if (slab.unparkLocked()) {
            clearPlacesLocked(slab);
        }
        int free = slab.freeCountLocked();
        addFreeLocked(free - slab.knownFree);
        slab.knownFree = free;
        if (free != 0) {
            lastWithRoom = slab.index;
            list.open(slab.index);
        }
        if (slab.isIdleLocked()) {
            SlabIdleList.enterLocked(slab);
        } else {
            SlabIdleList.leaveLocked(slab);
        }
        if (!slab.isActive) {
            slab.isActive = true;
            slab.nextActive = active;
            active = slab;
        }
    }

    private boolean isInServiceLocked(Slab slab) {
        SlabList now = list;
        return slab.index >= 0 && slab.index < now.end() && now.get(slab.index) == slab;
    }

    private void addFreeLocked(int count) {
        freeSlots += count;
        pool.addFreeLocked(count, (long) count * slotBytes);
    }

    /** Learns all anew: a slot that the ledger took for free was not there, because its taker has not yet said so. */
    void settleAllLocked() {
        SlabList now = list;
        for (int i = 0; i < now.end(); i++) {
            Slab slab = now.get(i);
            if (slab != null) {
                settleLocked(slab);
            }
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

    /** Puts a new slab into service. What needs memory comes first. */
    void publishLocked(Slab slab) {
        assert ledger.isHeld();
        openPlacesLocked();
        SlabList roomy = list.withRoomLocked();
        slab.watchLocked(pool.watchMask(), pool.watchMatch());
        roomy.addLocked(slab);
        list = roomy;
        servedSlots += slab.slotCountLocked();
        pool.addServedLocked(slab.slotCountLocked());
        counts.misses++;
        settleLocked(slab);
    }

    void watchLocked() {
        SlabList now = list;
        for (int i = 0; i < now.end(); i++) {
            Slab slab = now.get(i);
            if (slab != null) {
                slab.watchLocked(pool.watchMask(), pool.watchMatch());
            }
        }
    }

    /** Takes an idle slab out of service and credits it; the caller frees its memory next. */
    boolean retireLocked(Slab slab) {
        assert ledger.isHeld();
        if (!isInServiceLocked(slab)) {
            return false; // another thread was faster
        }
        if (!slab.retireLocked()) {
            settleLocked(slab);
            return false;
        }
        removeLocked(slab);
        creditLocked(slab.slotCountLocked(), slab.bytesLocked());
        return true;
    }

    private void removeLocked(Slab slab) {
        clearPlacesLocked(slab);
        list = list.withoutLocked(slab);
        SlabIdleList.leaveLocked(slab);
        addFreeLocked(-slab.knownFree);
        slab.knownFree = 0;
        servedSlots -= slab.slotCountLocked();
        pool.addServedLocked(-slab.slotCountLocked());
        counts.endedBefore += slab.endLocked();
    }

    /** Drops the memory of a lease that was lost: its bytes come back, its slot does not. */
    void forfeitLocked(Slot slot) {
        assert ledger.isHeld();
        Slab slab = slot.slab;
        slab.forfeitLocked(slot);
        servedSlots--;
        pool.addServedLocked(-1);
        counts.lost++;
        creditLocked(1, slab.slotBytes);
        if (slab.slotCountLocked() == 0) {
            removeLocked(slab);
            slab.dropMemory();
        } else {
            settleLocked(slab);
        }
    }

    void unmakeIdleLocked() {
        SlabList now = list;
        for (int i = 0; i < now.end(); i++) {
            Slab slab = now.get(i);
            if (slab != null) {
                slab.unmakeIdleLocked();
                settleLocked(slab); // takers that found it empty meanwhile do not look there again by themselves
            }
        }
    }

    /** How many slots are leased, as far as the ledger knows. */
    long leasedLocked() {
        return (long) servedSlots - freeSlots;
    }

    /** How many slots were leased at some time since this was asked last. */
    long usedSlotsLocked() {
        long used = leasedLocked();
        Slab next = active;
        active = null;
        while (next != null) {
            Slab slab = next;
            next = slab.nextActive;
            slab.nextActive = null;
            slab.isActive = false;
            used += slab.recentlyUsedLocked();
        }
        return used;
    }

    long demandLocked() {
        return demand.get() + line.size();
    }

    int slotsLocked() {
        return slots;
    }

    void tallyLocked(SizeTally tally) {
        SlabList now = list;
        for (int i = 0; i < now.end(); i++) {
            Slab slab = now.get(i);
            if (slab != null) {
                slab.tally(tally);
            }
        }
        tally.add(counts, line.size(), demandLocked(), slotBytes);
    }
}
