package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The buffers that a {@link Reserve} has for the places at one depth. Guarded by the reserve. */
final class ReserveLevel {

    /** How many places there are. */
    int places;

    /** What they need: so many buffers of so many bytes. */
    int bytes = 1;

    int buffers;

    private final List<Spare> spares = new ArrayList<>();

    /** A buffer of the reserve, which is lent to one place at a time. */
    static final class Spare {

        final PooledBuffer lease;
        final int capacity;
        boolean isLent;
        boolean isDropped;

        Spare(PooledBuffer lease) {
            this.lease = lease;
            this.capacity = lease.capacity();
        }
    }

    /** What is needed for either. */
    static ReserveLevel larger(ReserveLevel one, ReserveLevel other) {
        ReserveLevel both = new ReserveLevel();
        both.bytes = Math.max(one.bytes, other.bytes);
        both.buffers = Math.max(one.buffers, other.buffers);
        return both;
    }

    void add(ReservePlace place) {
        places++;
        bytes = Math.max(bytes, place.bytes());
        buffers = Math.max(buffers, place.buffers);
    }

    private int largeEnough() {
        int count = 0;
        for (Spare spare : spares) {
            count += spare.capacity >= bytes ? 1 : 0;
        }
        return count;
    }

    boolean isShort() {
        return largeEnough() < buffers;
    }

    /** No more can be had. */
    void makeDo() {
        buffers = Math.min(buffers, largeEnough());
    }

    /** Adds one that is large enough; returns those that it replaces, as far as they are not lent. */
    List<Spare> add(Spare spare) {
        spares.add(spare);
        if (isShort()) {
            return List.of();
        }
        List<Spare> small = new ArrayList<>(spares);
        small.removeIf(each -> each.capacity >= bytes);
        spares.removeAll(small);
        return drop(small);
    }

    /** Drops all; returns those that are not lent. The others are released when they are back. */
    List<Spare> drop() {
        return drop(spares);
    }

    private static List<Spare> drop(List<Spare> spares) {
        List<Spare> now = new ArrayList<>();
        for (Spare spare : spares) {
            spare.isDropped = true;
            if (!spare.isLent) {
                now.add(spare);
            }
        }
        return now;
    }

    void remove(Spare spare) {
        spares.remove(spare);
    }

    @Nullable Spare free(int size) {
        for (Spare spare : spares) {
            if (!spare.isLent && spare.capacity >= size) {
                return spare;
            }
        }
        return null;
    }
}
