package dev.sluice.flux;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ReserveMachine} knows of one reserve: its spare buffers, what must be there, who waits and who uses it.
 *
 * <p>Each pool has three: one for closed pipelines, whose places never want more than they said, and one for open ones,
 * which may. An open pipeline that uses its reserve may have to wait for more than that; the closed ones go on
 * meanwhile. The third is for {@linkplain ReservePlace#ofFrames frames}.
 */
final class ReserveAccount {

    private static final AtomicLong NUMBERS = new AtomicLong();

    /** A buffer of the reserve, which is lent to one place at a time. */
    static final class Spare {

        /** The buffer itself, which the machine does not look at. */
        final Object lease;

        final int capacity;

        /** Who has it; null while it is here. */
        @Nullable ReservePlace borrower;

        @Nullable Use use;

        Spare(Object lease, int capacity) {
            this.lease = lease;
            this.capacity = capacity;
        }
    }

    /** The places that may use reserves now: always a closure, of which some may have left. */
    static final class Use {

        final Set<ReservePlace> members = new LinkedHashSet<>();
        final Set<ReserveAccount> accounts = new LinkedHashSet<>();

        /** How many spares are out. */
        int out;

        /** A member takes no memory any more; returns whether it was the last that does. */
        boolean leave(ReservePlace place) {
            members.remove(place);
            Set<ReservePlace> kept = new LinkedHashSet<>();
            members.stream().filter(each -> !each.isInner()).forEach(each -> kept.addAll(each.closure()));
            members.removeIf(each -> each.isInner() && !kept.contains(each));
            return members.isEmpty();
        }
    }

    /** Whose this is, which the machine does not look at. */
    final Object owner;

    /** The order in which reserves are entered. */
    final long number = NUMBERS.incrementAndGet();

    final List<Spare> spares = new ArrayList<>();

    /** Those that wait to enter, first come, first served. */
    final Set<ReserveMachine.Entry> line = new LinkedHashSet<>();

    /** The same for those that run within another pipeline, which go first, and what is held meanwhile around them. */
    final Set<ReserveMachine.Entry> lineWithin = new LinkedHashSet<>();

    long heldInLine;

    final Set<ReserveMachine.Wish> wishes = new LinkedHashSet<>();

    /** Those of all lines that need this account. */
    final Set<ReserveMachine.Entry> awaiting = new LinkedHashSet<>();

    /** What is being taken from the pool. */
    final Set<ReserveMachine.Collection> collections = new LinkedHashSet<>();

    /** Of these, what those inside lack. */
    ReserveMachine.@Nullable Collection refill;

    /** How often each was counted, and what covers them all. */
    private final Map<ReserveClaims, Integer> inside = new LinkedHashMap<>();

    private ReserveClaims required = ReserveClaims.NONE;

    /** The accounts that some pipeline needs together with this one. */
    final Set<ReserveAccount> related = new LinkedHashSet<>();

    @Nullable Use use;

    /** A spare was lost and not made up for. */
    boolean hasLost;

    /** Whether the account stands in the pool's line for what it lacks, whoever is inside. */
    boolean isEager;

    /** The pool refuses for good; then all enter, and hear it from the pool itself. */
    boolean isRefused;

    ReserveAccount(Object owner) {
        this.owner = owner;
    }

    void count(ReserveClaims claims) {
        if (inside.merge(claims, 1, Integer::sum) == 1) {
            required = required.max(claims);
        }
    }

    void uncount(ReserveClaims claims) {
        if (inside.merge(claims, -1, Integer::sum) == 0) {
            inside.remove(claims);
            ReserveClaims all = ReserveClaims.NONE;
            for (ReserveClaims each : inside.keySet()) {
                all = all.max(each);
            }
            required = all;
        }
    }

    boolean isIdle() {
        return inside.isEmpty() && collections.isEmpty() && awaiting.isEmpty();
    }

    ReserveMachine.@Nullable Entry nextInLine() {
        Set<ReserveMachine.Entry> next = lineWithin.isEmpty() ? line : lineWithin;
        return next.isEmpty() ? null : next.iterator().next();
    }

    /** What covers all that are inside. */
    ReserveClaims required() {
        return required;
    }

    /** All spares, and what is collected. */
    ReserveClaims ownedAndCollected() {
        ReserveClaims all = owned();
        for (ReserveMachine.Collection each : collections) {
            all = all.plus(each.asked.getOrDefault(this, ReserveClaims.NONE));
        }
        return all;
    }

    /** All spares, lent or not. */
    ReserveClaims owned() {
        ReserveClaims all = ReserveClaims.NONE;
        for (Spare spare : spares) {
            all = all.plus(spare.capacity, 1);
        }
        return all;
    }

    /** The spares that are not lent, but for one of them. */
    ReserveClaims freeWithout(@Nullable Spare one) {
        ReserveClaims free = ReserveClaims.NONE;
        for (Spare spare : spares) {
            free = spare == one || spare.borrower != null ? free : free.plus(spare.capacity, 1);
        }
        return free;
    }

    /** What all that are inside claim, each for itself. */
    long insideBytes() {
        long sum = 0;
        for (Map.Entry<ReserveClaims, Integer> each : inside.entrySet()) {
            sum += each.getKey().bytes() * each.getValue();
        }
        return sum;
    }

    long lentBytes() {
        long sum = 0;
        for (Spare spare : spares) {
            sum += spare.borrower == null ? 0 : spare.capacity;
        }
        return sum;
    }

    /** The smallest spare that is not lent and large enough. */
    @Nullable Spare smallestFree(int capacity) {
        Spare best = null;
        for (Spare spare : spares) {
            if (spare.borrower == null
                    && spare.capacity >= capacity
                    && (best == null || spare.capacity < best.capacity)) {
                best = spare;
            }
        }
        return best;
    }

    /**
     * Counts for a place that joins a use what is still out of those that have left it: an operator below may keep that
     * until the new place gives it more. It claims one for each buffer that may be kept below, and one.
     */
    void adopt(ReservePlace place, Use joined) {
        int most = place.buffers - 1 - lentTo(place);
        for (Spare spare : spares) {
            ReservePlace borrower = spare.borrower;
            if (most > 0 && spare.use == joined && borrower != null && borrower.left) {
                spare.borrower = place;
                most--;
            }
        }
    }

    int lentTo(ReservePlace place) {
        int count = 0;
        for (Spare spare : spares) {
            count += spare.borrower == place ? 1 : 0;
        }
        return count;
    }

    /** What these places may still want of this account. */
    ReserveClaims unlent(Collection<ReservePlace> places) {
        return claims(places, null);
    }

    /** What a place and those below it may want of this account at once. */
    ReserveClaims claims(ReservePlace top) {
        return claims(top.closure(), top);
    }

    private ReserveClaims claims(Collection<ReservePlace> places, @Nullable ReservePlace top) {
        Set<ReservePlace> passed = ReservePlace.nestsWithin(places);
        ReserveClaims claims = ReserveClaims.NONE;
        for (ReservePlace place : places) {
            Integer capacity = place.capacities.get(this);
            boolean claimsNone = place.left || passed.contains(place) || (place.isJoint() && place != top);
            if (capacity != null && !claimsNone) {
                int times = place.isNest() ? 1 : place.buffers;
                claims = claims.plus(capacity, times - (top == null ? lentTo(place) : 0));
            }
        }
        return claims;
    }
}
