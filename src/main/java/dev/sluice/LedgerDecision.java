package dev.sluice;

import org.jspecify.annotations.Nullable;

/**
 * What became of an attempt to get a slot: decided under the ledger's lock, carried out without it. It is made before
 * the attempt, so that nothing needs memory between what is taken and who is told.
 *
 * <pre>{@code
 *   taken     a free slot
 *   growth    a slab that is charged and not yet made, and idle slabs that made room for it, retired and not yet freed
 *   refused   the line of the bound that refused
 *   failed    what was thrown
 * }</pre>
 */
final class LedgerDecision {

    final SizeClass sizeClass;
    final int size;

    private @Nullable Slot taken;
    private int slots;
    private @Nullable Slab reclaimed;
    private boolean freed;
    private boolean alone;
    private @Nullable WaitLine refusedBy;
    private @Nullable Throwable failure;

    LedgerDecision(SizeClass sizeClass, int size) {
        this.sizeClass = sizeClass;
        this.size = size;
    }

    /** A new slab is to have this slot alone, and no slab that has more is to be taken from. */
    void setAlone() {
        alone = true;
    }

    /** Whether the slot is to have a slab of its own; not where the class may have no more slots. */
    boolean isAloneLocked() {
        return alone && sizeClass.roomLocked() != 0;
    }

    int slotBytes() {
        return sizeClass.slotBytesFor(size);
    }

    void take(Slot slot) {
        taken = slot;
    }

    void grow(int slotCount) {
        slots = slotCount;
    }

    /** Adds a slab that was retired to make room. */
    void reclaim(Slab slab) {
        slab.nextRetired = reclaimed;
        reclaimed = slab;
    }

    void refuse(WaitLine by) {
        refusedBy = by;
    }

    void fail(Throwable error) {
        failure = error;
    }

    /** Forgets a refusal, for another attempt. */
    void reset() {
        refusedBy = null;
    }

    boolean isTaken() {
        return taken != null;
    }

    boolean isGrowth() {
        return slots != 0;
    }

    boolean isRefused() {
        return refusedBy != null;
    }

    @Nullable WaitLine refusedBy() {
        return refusedBy;
    }

    @Nullable Throwable failure() {
        return failure;
    }

    /** The slot that was decided on; null if a bound refused. */
    @Nullable Slot carryOut() {
        freeReclaimed();
        return slots == 0 ? taken : make();
    }

    /** Gives back what was decided on: what was reclaimed for it is freed all the same, since it is credited. */
    void decline() {
        freeReclaimed();
        Slot slot = taken;
        if (slot != null) {
            sizeClass.giveBack(slot);
        } else if (slots != 0) {
            sizeClass.pool.ledger().abandon(this);
        }
    }

    /** Whether idle memory was given back, so that others may get what this one did not. */
    boolean hasFreed() {
        return freed;
    }

    /** Frees what was retired to make room, whatever became of that. */
    void freeReclaimed() {
        Slab first = reclaimed;
        if (first == null) {
            return;
        }
        reclaimed = null;
        freed = true;
        EventHub.reclaimed(first, sizeClass.pool, slotBytes());
        for (Slab slab = first; slab != null; slab = slab.nextRetired) {
            slab.freeMemory(PoolEvent.SlabFreed.Reason.RECLAIM, slab.sizeClass.pool == sizeClass.pool);
        }
    }

    int slots() {
        return slots;
    }

    long bytes() {
        return (long) slots * slotBytes();
    }

    /** Makes the slab and takes its first slot; whatever cannot be had, the charge is undone. */
    private Slot make() {
        BufferPool pool = sizeClass.pool;
        SlabMemory memory = null;
        Slab slab = null;
        Slot first;
        try {
            memory = pool.allocate((int) bytes(), slotBytes());
            slab = new Slab(sizeClass, memory, slotBytes(), slots);
            first = slab.slot(0);
            pool.ledger().publish(slab);
        } catch (Throwable e) {
            pool.ledger().abandon(this);
            if (slab != null) {
                slab.endLocked();
            }
            if (memory != null) {
                memory.freeOrLog();
            }
            throw e;
        }
        pool.armShrinking();
        pool.events().slabMade(slab, slots);
        return first;
    }
}
