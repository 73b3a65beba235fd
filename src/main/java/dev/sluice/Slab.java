package dev.sluice;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Keeps the free set away from the fields that every acquire and release only reads. */
abstract class SlabPadding extends SlabFreeSet {
    long q0, q1, q2, q3, q4, q5, q6, q7;

    SlabPadding(long free) {
        super(free);
    }
}

/**
 * Up to 64 slots of one size, charged to the budget and freed as a whole.
 *
 * <p>A slot is made when its bit is first taken. Lowest bits go first, so the slots that exist are those that the
 * highest tide needed.
 */
final class Slab extends SlabPadding {

    static final int MAX_SLOTS = 64;

    /** Bit 0 of a new slab belongs to the request that made it. */
    private static final long MAKERS_BIT = 1;

    final SizeClass sizeClass;
    final int slotBytes;

    /** The leases to watch, as each slot is told: see {@link Slot#watch}. Written under the ledger, read without it. */
    private long watchMask;

    private long watchMatch;

    /** Where the slab stands in the list of its class. Set before the slab is published there. */
    int index;

    /** How many looks of the shrinker in a row found the slab unused. Guarded by the ledger. */
    int idleLooks;

    private final SlabMemory memory;
    private final @Nullable Slot[] slots;

    /** The slots that are in service. Guarded by the ledger. */
    private long full;

    /** Leases that ended in slots that this slab no longer has. Guarded by the ledger. */
    private long endedBefore;

    private boolean lostLease;

    /** Whether slots may be parked. Read with each release, seldom written. */
    private volatile boolean parking;

    Slab(SizeClass sizeClass, SlabMemory memory, int slotBytes, int slotCount) {
        super(allOf(slotCount) & ~MAKERS_BIT);
        this.sizeClass = sizeClass;
        this.memory = memory;
        this.slotBytes = slotBytes;
        this.slots = new Slot[slotCount];
        this.full = allOf(slotCount);
    }

    /** Tells a new slot the level until that is what the level still is: it may be changed, and the slot told, meanwhile. */
    private void tellLevel(Slot slot) {
        long mask;
        long match;
        do {
            VarHandle.fullFence();
            mask = watchMask;
            match = watchMatch;
            slot.watch(mask, match);
            VarHandle.fullFence();
        } while (mask != watchMask || match != watchMatch);
    }

    /** Watches what the pool wants watched. A slot that is made meanwhile and not found here is told by its maker. */
    void watchLocked(BufferPool pool) {
        watchMask = pool.watchMask();
        watchMatch = pool.watchMatch();
        VarHandle.fullFence();
        for (Slot slot : slots) {
            if (slot != null) {
                slot.watch(watchMask, watchMatch);
            }
        }
    }

    private static long allOf(int slotCount) {
        return -1L >>> (MAX_SLOTS - slotCount);
    }

    /** The slot of a bit that the caller holds; the bit is given back if the JVM has no memory for the slot. */
    Slot slot(int slotIndex) {
        Slot slot = slots[slotIndex];
        return slot != null ? slot : make(slotIndex);
    }

    private Slot make(int slotIndex) {
        try {
            Slot slot = new Slot(this, slotIndex, memory.slot(slotIndex));
            slots[slotIndex] = slot;
            tellLevel(slot);
            sizeClass.countMade(1);
            return slot;
        } catch (OutOfMemoryError e) {
            giveBackIndex(slotIndex);
            throw e;
        }
    }

    /** Returns a slot whose lease has ended. */
    void giveBack(Slot slot) {
        sizeClass.gaveBack(this, giveBackIndex(slot.index));
    }

    /** A slot was parked. Whoever brings parked slots in forgets first and looks then, so one of the two sees the other. */
    void parked(Slot slot) {
        if (!parking) {
            parking = true;
        }
        sizeClass.parked(slot);
    }

    /** Gives back the bits of what is parked: afterwards the free set says all. */
    void unparkLocked() {
        if (!parking) {
            return;
        }
        expect();
        parking = false;
        long bits = 0;
        for (Slot slot : slots) {
            if (slot != null && slot.unpark()) {
                bits |= 1L << slot.index;
            }
        }
        arrive(bits);
        if (bits != 0) {
            sizeClass.unparkedLocked(this);
        }
    }

    /** Whether anything may be free, parked slots included. The order matters: see {@link #unparkLocked()}. */
    boolean hasIdle() {
        return parking || !isEmpty();
    }

    /** The bytes that this slab is charged with. */
    long bytesLocked() {
        return (long) slotBytes * Long.bitCount(full);
    }

    int slotCountLocked() {
        return Long.bitCount(full);
    }

    boolean isIdleLocked() {
        unparkLocked();
        return full != 0 && free() == full;
    }

    /** Takes the slab out of service if nothing in it is leased; the loser is whoever tries to take a slot now. */
    boolean retireLocked() {
        return retire(full);
    }

    /** Takes a slot whose lease was lost out of service; its memory stays as long as a view of it may live. */
    void forfeitLocked(Slot slot) {
        full &= ~(1L << slot.index);
        lostLease = true;
        endedBefore += slot.endedLeases();
        slots[slot.index] = null;
        sizeClass.countMade(-1);
    }

    /** Drops the buffers, though not the memory, of slots that nobody leases. */
    void unmakeIdleLocked() {
        unparkLocked();
        long idle = takeAll();
        for (long rest = idle; rest != 0; rest &= rest - 1) {
            unmake(Long.numberOfTrailingZeros(rest));
        }
        giveBackAll(idle);
    }

    /** Drops all that is known of a slab that was retired. */
    long endLocked() {
        for (int i = 0; i < slots.length; i++) {
            unmake(i);
        }
        return endedBefore;
    }

    private void unmake(int slotIndex) {
        Slot slot = slots[slotIndex];
        if (slot != null) {
            endedBefore += slot.endedLeases();
            slots[slotIndex] = null;
            sizeClass.countMade(-1);
        }
    }

    /** Gives the memory of a retired slab back to the system; after a lost lease the collector decides when. */
    void freeMemory(PoolEvent.SlabFreed.Reason reason) {
        if (!lostLease) {
            memory.free();
        }
        sizeClass.pool.events().slabFreed(this, reason);
    }

    /** Adds what this slab has to a tally. */
    void tally(SizeTally tally) {
        long free = free();
        long ended = endedBefore;
        int made = 0;
        int available = 0;
        for (int i = 0; i < slots.length; i++) {
            Slot slot = slots[i];
            if (slot != null) {
                made++;
                available += (free >>> i & 1) != 0 || slot.isParked() ? 1 : 0;
                ended += slot.endedLeases();
            }
        }
        tally.add(made, available, ended, (made - available) * (long) slotBytes);
    }

    /** How many slots were leased at some time since this was asked last; also counts the looks that found none. */
    int usedSlotsLocked() {
        unparkLocked();
        long free = free();
        int used = 0;
        for (int i = 0; i < slots.length; i++) {
            Slot slot = slots[i];
            if (slot != null) {
                boolean leasedSince = slot.wasUsed();
                used += leasedSince || (free >>> i & 1) == 0 ? 1 : 0;
            }
        }
        idleLooks = used == 0 ? idleLooks + 1 : 0;
        return used;
    }
}
