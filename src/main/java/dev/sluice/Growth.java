package dev.sluice;

import java.util.List;

/**
 * A slab that is charged and not yet made: what was decided under the ledger's lock and is carried out without it.
 *
 * @param sizeClass where the slab goes
 * @param slots how many slots it has
 * @param slotBytes the size of each
 * @param reclaimed idle slabs that made room for it: retired and credited, their memory not yet freed
 */
record Growth(SizeClass sizeClass, int slots, int slotBytes, List<Slab> reclaimed) implements LedgerDecision {

    long bytes() {
        return (long) slots * slotBytes;
    }

    /**
     * Makes the slab and takes its first slot.
     *
     * @throws OutOfMemoryError if the JVM has no memory; the charge is undone
     */
    Slot make() {
        BufferPool pool = sizeClass.pool;
        Slab slab;
        Slot first;
        try {
            freeReclaimed(reclaimed, sizeClass, slotBytes);
            slab = new Slab(sizeClass, pool.allocate((int) bytes(), slotBytes), slotBytes, slots);
            first = slab.slot(0);
        } catch (Throwable e) {
            abandon();
            throw e;
        }
        sizeClass.counts.misses.increment();
        pool.ledger().publish(slab);
        pool.events().slabMade(slab, slots);
        return first;
    }

    /** Does not make the slab after all: what was reclaimed for it is freed all the same, since it is credited. */
    void decline() {
        freeReclaimed(reclaimed, sizeClass, slotBytes);
        abandon();
    }

    /** Frees slabs that were retired to make room for a slot. */
    static void freeReclaimed(List<Slab> reclaimed, SizeClass forClass, int forSlotBytes) {
        EventHub.reclaimed(reclaimed, forClass.pool, forSlotBytes);
        reclaimed.forEach(slab -> slab.freeMemory(PoolEvent.SlabFreed.Reason.RECLAIM));
    }

    private void abandon() {
        sizeClass.pool.ledger().abandon(this);
    }
}
