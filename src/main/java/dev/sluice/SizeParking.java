package dev.sluice;

import org.jspecify.annotations.Nullable;

/**
 * Where the slots of a size class are parked.
 *
 * <p>To give a bit back and to take it again costs two atomic operations more than the state of the slot does. So a
 * release may leave the slot <i>parked</i>: its state says that it is free, its bit stays taken, and a note at one of
 * sixteen places, picked by the number of the thread, tells the next acquire of that thread where to look. The state
 * decides who gets a parked slot, by one compare-and-set; the note is a plain hint that may be wrong, and a slot that
 * no note points to any more is only out of sight. The ledger brings the parked slots in before it decides to grow, to
 * refuse, to shrink or to retire, under its lock. Nothing belongs to a thread: any slot can be taken and given back by
 * any.
 */
abstract class SizeParking {

    /** So many places there are, each on a cache line of its own. */
    private static final int PLACES = 16;

    private static final int PLACE_SHIFT = 4;

    /** Where nothing was ever parked. Nobody writes it: a slot exists only after {@link #openPlacesLocked}. */
    private static final @Nullable Slot[] NO_PLACES = new Slot[PLACES << PLACE_SHIFT];

    /**
     * The slot that was last parked at each place, if any. Written before the list, and read after it to be written.
     */
    private @Nullable Slot[] places = NO_PLACES;

    static int placeOfThread() {
        return ((int) Thread.currentThread().getId() & (PLACES - 1)) << PLACE_SHIFT;
    }

    /** The slab where a thread that never found anything begins to look. */
    static int firstLook(int place) {
        return place >>> PLACE_SHIFT;
    }

    /** Makes the places, before the first slab is published. */
    final void openPlacesLocked() {
        if (places == NO_PLACES) {
            places = new Slot[PLACES << PLACE_SHIFT];
        }
    }

    final @Nullable Slot noted(int place) {
        return places[place];
    }

    final void note(int place, Slot slot) {
        places[place] = slot;
    }

    /**
     * Claims this thread's place for a slot that is about to be released. Refused if the place holds another parked
     * slot, or if the thread has not acquired since places were last cleared: it would hide from others what it only
     * releases.
     *
     * <p>Two threads may share a place, and both may park: then the slot noted first is out of sight. A thread that
     * releases a lease in vain may note a slot that is not its own: a wrong hint until the next one.
     */
    final boolean claimPlace(Slot slot) {
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

    /** Clears the notes that name a slot of this slab. */
    final void clearPlacesLocked(Slab slab) {
        for (int place = 0; place < places.length; place += 1 << PLACE_SHIFT) {
            Slot noted = places[place];
            if (noted != null && noted.slab == slab) {
                places[place] = null;
            }
        }
    }
}
