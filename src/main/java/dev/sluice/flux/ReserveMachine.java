package dev.sluice.flux;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of the reserves: who enters, to whom a spare is lent, and what is missing. It knows no threads and no
 * pools: {@link Reserve} tells it what happens, and carries its {@linkplain Order orders} out.
 *
 * <p><b>Entering.</b> A source enters before its pipeline holds anything, first come, first served, once the spares
 * cover what it and each place below may need, beside what those inside may need. Where both together are more than the
 * budget can hold, it waits until others have left. Places that come later belong to a pipeline that is inside, and do
 * not wait.
 *
 * <p><b>Using.</b> One closure uses the reserves at a time: a place, and all that must go on so that what it takes
 * comes back. It grows upward, to the closure of a place that contains it. A spare is lent to a member only if the
 * spares that remain cover what all members may still want. So what a member wants, it gets.
 *
 * <p><b>Following.</b> When all that was lent is back, or no member is left, the use is over, and the next begins.
 */
final class ReserveMachine {

    /** Whether some claims, beside what the other accounts require, are within the limits of all pools and budgets. */
    interface Bounds {
        boolean hold(Map<ReserveAccount, ReserveClaims> claims);
    }

    /** A place that waits to enter. */
    record Entry(ReservePlace place, Map<ReserveAccount, Map<ReservePlace, Integer>> needs, long held, Object turn) {

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** What a place wants: a buffer of so many bytes. */
    record Wish(ReservePlace place, List<ReserveAccount> accounts, int bytes, Object turn) {

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** What is to be done. */
    sealed interface Order {

        ReserveAccount account();

        /** A turn may take memory. */
        record Admit(ReserveAccount account, Object turn) implements Order {}

        /** A turn gets a buffer. */
        record Lend(ReserveAccount account, Object turn, ReserveAccount.Spare spare) implements Order {}

        /** A buffer goes back to the pool. */
        record Drop(ReserveAccount account, ReserveAccount.Spare spare) implements Order {}
    }

    private final Bounds bounds;
    private final Map<Object, Entry> entering = new HashMap<>();
    private final Map<Object, Wish> wishes = new HashMap<>();
    private final Set<ReserveAccount> withLine = new LinkedHashSet<>();
    private final Set<ReserveAccount> touched = new LinkedHashSet<>();
    private List<Order> orders = new ArrayList<>();

    ReserveMachine(Bounds bounds) {
        this.bounds = bounds;
    }

    /** Takes what is to be done since the last call. */
    List<Order> takeOrders() {
        List<Order> taken = orders;
        orders = new ArrayList<>();
        return taken;
    }

    /** Takes the accounts that may lack spares since the last call. */
    Set<ReserveAccount> takeTouched() {
        Set<ReserveAccount> taken = new LinkedHashSet<>(touched);
        touched.clear();
        return taken;
    }

    /**
     * Lets a place and those below it in.
     *
     * @param needs the capacities that each place may take of each account, at least one
     * @param held how much is held until the place has ended, by a pipeline within which it runs; such a place goes
     *     first
     * @return whether it is in; if not, it waits for an order
     */
    boolean enter(ReservePlace place, Map<ReserveAccount, Map<ReservePlace, Integer>> needs, long held, Object turn) {
        Entry entry = new Entry(place, needs, held, turn);
        boolean waits = place.waitsToEnter();
        if (waits) {
            ReserveAccount first = first(needs.keySet());
            (held > 0 ? first.lineWithin : first.line).add(entry);
            first.heldInLine += held;
            withLine.add(first);
            entering.put(turn, entry);
        } else {
            count(entry);
        }
        settle(needs.keySet());
        return !waits;
    }

    private static ReserveAccount first(Set<ReserveAccount> accounts) {
        ReserveAccount first = null;
        for (ReserveAccount each : accounts) {
            first = first == null || each.number < first.number ? each : first;
        }
        if (first == null) {
            throw new IllegalArgumentException("no account");
        }
        return first;
    }

    private void count(Entry entry) {
        entry.needs.forEach((account, capacities) -> capacities.forEach((place, capacity) -> {
            if (!place.left) {
                place.capacities.putIfAbsent(account, capacity);
            }
        }));
        entry.needs.forEach((account, capacities) -> {
            for (ReservePlace place : capacities.keySet()) {
                if (!place.left && !place.counted.containsKey(account)) {
                    ReserveClaims claims = account.claims(place.closure());
                    place.counted.put(account, claims);
                    account.count(claims);
                    place.group().count(1);
                }
            }
            account.related.addAll(entry.needs.keySet());
        });
    }

    /** A place that is inside wants a buffer of so many bytes. */
    void want(ReservePlace place, List<ReserveAccount> accounts, int bytes, Object turn) {
        Wish wish = new Wish(place, accounts, bytes, turn);
        wishes.put(turn, wish);
        accounts.forEach(account -> account.wishes.add(wish));
        place.group().wishes().add(wish);
        settle(accounts);
    }

    /** A turn has its answer, or is given up. */
    void forget(Object turn) {
        Entry entry = entering.remove(turn);
        if (entry != null) {
            leaveLine(entry);
            settle(entry.needs.keySet());
        }
        Wish wish = wishes.get(turn);
        if (wish != null) {
            remove(wish);
            settle(wish.accounts);
        }
    }

    private void leaveLine(Entry entry) {
        ReserveAccount first = first(entry.needs.keySet());
        (entry.held > 0 ? first.lineWithin : first.line).remove(entry);
        first.heldInLine -= entry.held;
        if (first.nextInLine() == null) {
            withLine.remove(first);
        }
        entry.needs.keySet().forEach(account -> account.expected.remove(entry));
    }

    private void remove(Wish wish) {
        wishes.remove(wish.turn);
        wish.accounts.forEach(account -> account.wishes.remove(wish));
        wish.place.group().wishes().remove(wish);
    }

    /** A place takes no memory any more. */
    void leave(ReservePlace place) {
        Set<ReserveAccount> of = new LinkedHashSet<>(place.counted.keySet());
        place.counted.forEach((account, claims) -> {
            account.uncount(claims);
            place.group().count(-1);
            ReserveAccount.Use use = account.use;
            if (use != null && use.leave(place)) {
                end(use);
            }
        });
        place.counted.clear();
        place.capacities.clear();
        settle(of);
    }

    /** What was lent is back. */
    void back(ReserveAccount account, ReserveAccount.Spare spare, boolean isLost) {
        ReserveAccount.Use use = spare.use;
        spare.borrower = null;
        spare.use = null;
        if (isLost) {
            account.spares.remove(spare);
            account.hasLost = true;
        }
        if (use != null && --use.out == 0) {
            end(use);
        }
        settle(List.of(account));
    }

    private void end(ReserveAccount.Use use) {
        for (ReserveAccount each : use.accounts) {
            if (each.use == use) {
                each.use = null;
                touched.add(each);
            }
        }
        use.accounts.clear();
    }

    /** The pool gave a spare. */
    void add(ReserveAccount account, ReserveAccount.Spare spare) {
        account.spares.add(spare);
        settle(List.of(account));
    }

    /** The pool refuses for good. */
    void refuse(ReserveAccount account) {
        account.isRefused = true;
        settle(List.of(account));
    }

    /** The capacity of a spare that the account lacks, for those inside or those about to enter; 0 if it lacks none. */
    int missing(ReserveAccount account) {
        return account.isRefused ? 0 : account.targetWithout(null).firstNotCoveredBy(account.owned());
    }

    /**
     * Whether what the account lacks is to be waited for in the line of the pool: for those that wait to enter, and for
     * what was lost. A place that is inside stands in that line itself.
     */
    boolean isWaitedFor(ReserveAccount account) {
        boolean isMissing = missing(account) > 0;
        account.hasLost &= isMissing;
        return isMissing && (account.hasLost || !account.expected.isEmpty());
    }

    private void settle(Iterable<ReserveAccount> changed) {
        changed.forEach(touched::add);
        Set<ReserveAccount> all = new LinkedHashSet<>(touched);
        touched.forEach(account -> all.addAll(account.related));
        all.addAll(withLine);
        for (ReserveAccount account : all) {
            admit(account);
            lend(account);
        }
        for (ReserveAccount account : all) {
            drop(account);
        }
        touched.addAll(all);
    }

    private void admit(ReserveAccount account) {
        for (Entry head = account.nextInLine(); head != null; head = account.nextInLine()) {
            if (!head.place.group().isInside() && !account.isRefused && !isCovered(head)) {
                return;
            }
            entering.remove(head.turn);
            leaveLine(head);
            count(head);
            orders.add(new Order.Admit(account, head.turn));
        }
    }

    /** Whether the spares cover an entry; says what is expected for it if they do not, but could. */
    private boolean isCovered(Entry entry) {
        Map<ReserveAccount, ReserveClaims> claims = new HashMap<>();
        Map<ReserveAccount, ReserveClaims> targets = new HashMap<>();
        entry.needs.forEach((account, capacities) -> {
            ReserveClaims own = claimsOf(entry, account, capacities);
            claims.put(account, own);
            targets.put(account, account.targetWithout(entry).max(own));
        });
        if (!bounds.hold(targets)) {
            claims.keySet().forEach(account -> account.expected.remove(entry));
            return false;
        }
        claims.forEach((account, own) -> account.expected.put(entry, own));
        boolean covered = true;
        for (Map.Entry<ReserveAccount, ReserveClaims> each : targets.entrySet()) {
            covered &= each.getKey().isRefused || each.getKey().owned().covers(each.getValue());
        }
        return covered;
    }

    /** What an entry claims of an account, which counts its places only later. */
    static ReserveClaims claimsOf(Entry entry, ReserveAccount account, Map<ReservePlace, Integer> capacities) {
        Set<ReservePlace> passed = ReservePlace.nestsWithin(entry.place.closure());
        ReserveClaims claims = ReserveClaims.NONE;
        for (Map.Entry<ReservePlace, Integer> each : capacities.entrySet()) {
            ReservePlace place = each.getKey();
            if (!place.left && !passed.contains(place)) {
                claims = claims.plus(each.getValue(), place.isNest() ? 1 : place.buffers);
            }
        }
        return claims;
    }

    private void lend(ReserveAccount account) {
        boolean again = true;
        while (again) {
            again = false;
            ReserveAccount.Use use = account.use;
            Set<Wish> candidates = use == null || use.members.isEmpty()
                    ? account.wishes
                    : use.members.iterator().next().group().wishes();
            for (Wish wish : candidates) {
                if (wish.accounts.contains(account) && lend(account, wish)) {
                    again = true; // the candidates have changed
                    break;
                }
            }
        }
    }

    private boolean lend(ReserveAccount account, Wish wish) {
        ReservePlace place = wish.place;
        Integer capacity = place.capacities.get(account);
        if (capacity == null || place.left) {
            return false;
        }
        ReserveAccount.Spare spare = account.smallestFree(Math.max(capacity, wish.bytes));
        if (spare == null || account.lentTo(place) >= place.buffers) {
            return false;
        }
        ReserveAccount.Use use = useFor(place, account, spare, capacity);
        if (use == null) {
            return false;
        }
        remove(wish);
        use.out++;
        spare.borrower = place;
        spare.use = use;
        orders.add(new Order.Lend(account, wish.turn, spare));
        return true;
    }

    /** The use within which a place gets a spare, if it may: the present one, perhaps grown, or a new one. */
    private ReserveAccount.@Nullable Use useFor(
            ReservePlace place, ReserveAccount account, ReserveAccount.Spare spare, int capacity) {
        ReserveAccount.Use use = account.use;
        Set<ReservePlace> members = use != null && use.members.contains(place) ? use.members : closureInside(place);
        Set<ReserveAccount> accounts = new LinkedHashSet<>();
        members.forEach(each -> accounts.addAll(each.capacities.keySet()));
        for (ReserveAccount each : accounts) {
            ReserveAccount.Use present = each.use;
            if (present != null && use != null && present != use) {
                return null;
            }
            use = present == null ? use : present;
        }
        if (use != null && !members.containsAll(use.members)) {
            return null;
        }
        for (ReserveAccount each : accounts) {
            ReserveClaims wanted = each.unlent(members);
            ReserveClaims free = each.freeWithout(each == account ? spare : null);
            boolean covered = free.covers(each == account ? wanted.minus(capacity) : wanted);
            if (!covered && !each.hasLost) { // as long as what was lost is missing, what there is serves whom it can
                return null;
            }
        }
        ReserveAccount.Use chosen = use == null ? new ReserveAccount.Use() : use;
        chosen.members.addAll(members);
        chosen.accounts.addAll(accounts);
        accounts.forEach(each -> each.use = chosen);
        return chosen;
    }

    private static Set<ReservePlace> closureInside(ReservePlace place) {
        Set<ReservePlace> closure = place.closure();
        closure.removeIf(each -> each.left || (each.counted.isEmpty() && !each.isInner()));
        return closure;
    }

    /**
     * Drops what is needed no more, unless those that are inside rely on it. As long as something is missing, that is
     * also a spare of another capacity than is needed: it may take the room of what is missing.
     */
    private void drop(ReserveAccount account) {
        ReserveClaims target = account.targetWithout(null);
        ReserveAccount.Use use = account.use;
        for (ReserveAccount.Spare spare : List.copyOf(account.spares)) {
            ReserveClaims owned = account.owned();
            boolean isOdd = !owned.covers(target) && owned.hasMoreThan(target, spare.capacity);
            if (spare.borrower == null
                    && owned.minus(spare.capacity).covers(isOdd ? account.required() : target)
                    && (use == null || account.freeWithout(spare).covers(account.unlent(use.members)))) {
                account.spares.remove(spare);
                orders.add(new Order.Drop(account, spare));
            }
        }
        if (account.isIdle() && account.spares.isEmpty()) {
            account.related.clear();
            account.isRefused = false;
        }
    }
}
