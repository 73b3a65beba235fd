package dev.sluice;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
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
 *
 * <p><b>Settled and unsettled.</b> The ledger knows how many slots of a slab are free, as of when it looked last. The
 * slab is <i>settled</i> while nobody has taken or given back a slot since. The first to do so marks the slab and puts
 * it on the ledger's list, and the ledger looks at the slabs on the list before it decides anything. So a decision
 * costs as much as there was use since the last one, however many slabs there are. Use against look: a user changes the
 * bits, then reads the mark; the ledger clears the mark, then reads the bits. One of them sees the other.
 */
final class Slab extends SlabPadding {

    static final int MAX_SLOTS = 64;

    /** Bit 0 of a new slab belongs to the request that made it. */
    private static final long MAKERS_BIT = 1;

    /** What the ledger knows is so. */
    private static final int SETTLED = 0;

    /** On its way to the list: not there yet. */
    private static final int MOVING = 1;

    private static final int LISTED = 2;

    private static final VarHandle STANDING;

    static {
        try {
            STANDING = MethodHandles.lookup().findVarHandle(Slab.class, "standing", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final SizeClass sizeClass;
    final int slotBytes;

    /** Where idle slabs are listed: a node for the size class, and one for each budget from the pool's own upward. */
    final SlabIdleList.Node[] idleNodes;

    /** The leases to watch, as each slot is told: see {@link Slot#watch}. Written under the ledger, read without it. */
    private long watchMask;

    private long watchMatch;

    /** Where the slab stands in the list of its class, or stood last; negative until it is put there. */
    int index = -1;

    /** The next one in the ledger's list of unsettled slabs; written by the thread that puts this one there. */
    @Nullable Slab nextUnsettled;

    /** The next one that was used since the shrinker looked last. Guarded by the ledger, as is {@link #isActive}. */
    @Nullable Slab nextActive;

    boolean isActive;

    /** The next one of those that were retired together. Belongs to the thread that retired them. */
    @Nullable Slab nextRetired;

    /** How many slots the ledger knows to be free. Guarded by it. */
    int knownFree;

    /** Null once it is given back: somebody may still refer to the slab. */
    private @Nullable SlabMemory memory;

    private final @Nullable Slot[] slots;

    /** The slots that are in service. Guarded by the ledger. */
    private long full;

    /** Leases that ended in slots that this slab no longer has. Guarded by the ledger. */
    private long endedBefore;

    private boolean lostLease;

    /** Whether slots may be parked. Read with each release, seldom written. */
    private volatile boolean parking;

    private volatile int standing;

    Slab(SizeClass sizeClass, SlabMemory memory, int slotBytes, int slotCount) {
        super(allOf(slotCount) & ~MAKERS_BIT);
        this.sizeClass = sizeClass;
        this.memory = memory;
        this.slotBytes = slotBytes;
        this.slots = new Slot[slotCount];
        this.full = allOf(slotCount);
        this.idleNodes = SlabIdleList.nodesOf(this);
    }

    /**
     * Copies the leak-detection level to a new slot. Loops because the level may change between the read and the copy.
     */
    private void copyLevel(Slot slot) {
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

    /** Sets which leases are watched. A slot that is made meanwhile and not found here is told by its maker. */
    void watchLocked(long mask, long match) {
        watchMask = mask;
        watchMatch = match;
        VarHandle.fullFence();
        for (Slot slot : slots) {
            if (slot != null) {
                slot.watch(mask, match);
            }
        }
    }

    private static long allOf(int slotCount) {
        return -1L >>> (MAX_SLOTS - slotCount);
    }

    /** The slot of a bit that the caller holds; the bit is given back if the slot cannot be made. */
    Slot slot(int slotIndex) {
        Slot slot = slots[slotIndex];
        return slot != null ? slot : make(slotIndex);
    }

    private Slot make(int slotIndex) {
        try {
            Slot slot = new Slot(this, slotIndex, Objects.requireNonNull(memory).slot(slotIndex));
            copyLevel(slot);
            slots[slotIndex] = slot;
            copyLevel(slot);
            sizeClass.countMade(1);
            return slot;
        } catch (Throwable e) {
            giveBackIndex(slotIndex);
            unsettle();
            throw e;
        }
    }

    /** Says that slots may be parked here. The thread that brings them in clears this first and looks then. */
    void allowParking() {
        if (!parking) {
            parking = true;
        }
        unsettle();
    }

    /**
     * Has the ledger look at this slab before it decides anything. The caller has changed what is free, and returns
     * only once the slab is on the list: a user that finds another thread on its way there has the ledger look at once.
     */
    void unsettle() {
        int now = standing;
        if (now != LISTED) {
            unsettle(now);
        }
    }

    private void unsettle(int seen) {
        int now = seen;
        while (now == SETTLED) {
            if (STANDING.compareAndSet(this, SETTLED, MOVING)) {
                boolean listed = false;
                try {
                    sizeClass.pool.ledger().list(this);
                    listed = true;
                } finally {
                    standing = listed ? LISTED : SETTLED;
                }
                return;
            }
            now = standing;
        }
        if (now == MOVING) {
            sizeClass.pool.ledger().settle(this);
        }
    }

    /**
     * Called by the ledger, which has taken the slab from its list, before it looks. Waits until the slab is quite
     * there.
     */
    void clearStandingLocked() {
        while (standing == MOVING) {
            Thread.onSpinWait(); // its user has put it on the list and is about to say so
        }
        standing = SETTLED;
    }

    /** Gives back the bits of what is parked, after which the free set says all; says whether anything was. */
    boolean unparkLocked() {
        if (!parking) {
            return false;
        }
        expect();
        long bits = 0;
        try {
            parking = false;
            for (Slot slot : slots) {
                if (slot != null && slot.unpark()) {
                    bits |= 1L << slot.index;
                }
            }
        } finally {
            arrive(bits);
        }
        return bits != 0;
    }

    /** How many slots are free at this moment; parked ones were brought in. */
    int freeCountLocked() {
        return Long.bitCount(free() & full);
    }

    /** The bytes that this slab is charged with. */
    long bytesLocked() {
        return (long) slotBytes * Long.bitCount(full);
    }

    int slotCountLocked() {
        return Long.bitCount(full);
    }

    boolean isIdleLocked() {
        return full != 0 && free() == full;
    }

    /**
     * Takes the slab out of service if nothing in it is leased; the loser is a thread that tries to take a slot now.
     */
    boolean retireLocked() {
        unparkLocked();
        return full != 0 && retire(full);
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
        unmake(idle);
        giveBackAll(idle);
    }

    /** Drops all that is known of a slab that was retired. */
    long endLocked() {
        unmake(-1L);
        return endedBefore;
    }

    private void unmake(long slotBits) {
        int made = 0;
        for (int i = 0; i < slots.length; i++) {
            Slot slot = slots[i];
            if (slot != null && (slotBits >>> i & 1) != 0) {
                endedBefore += slot.endedLeases();
                slots[i] = null;
                made++;
            }
        }
        sizeClass.countMade(-made);
    }

    /** Leaves the memory to the collector, once every slot was forfeited. */
    void dropMemory() {
        memory = null;
    }

    /** Whether freeing the memory closes an arena. */
    boolean isInArena() {
        return memory instanceof SlabMemory.Direct direct && direct.memory() instanceof NativeArena;
    }

    /** Gives the memory of a retired slab back to the system; after a lost lease the collector decides when. */
    void freeMemory(PoolEvent.SlabFreed.Reason reason) {
        freeMemory(reason, false);
    }

    /** The same, where the pool itself may want the memory for another slab. */
    void freeMemory(PoolEvent.SlabFreed.Reason reason, boolean isWanted) {
        SlabMemory now = memory;
        memory = null;
        if (now != null && !lostLease) {
            sizeClass.pool.remains().giveBack(now, isWanted);
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

    /** How many slots were leased at some time since this was asked last, and are free now. */
    int recentlyUsedLocked() {
        long free = free();
        int used = 0;
        for (int i = 0; i < slots.length; i++) {
            Slot slot = slots[i];
            if (slot != null && slot.wasUsed() && (free >>> i & 1) != 0) {
                used++;
            }
        }
        return used;
    }
}
