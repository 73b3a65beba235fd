package dev.sluice.flux;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of the reserves: who enters, to whom a spare is lent, and what is missing. It knows no threads and no
 * pools: {@link Reserve} tells it what happens, and carries its {@linkplain Order orders} out.
 *
 * <p><b>Entering.</b> A pipeline enters before it holds anything, first come, first served, once the spares cover what
 * each of its places and those below it may need, beside what those inside may need. What is missing is collected for
 * it: all together or nothing, in the line of the pool. Where both together are more than the budget can hold, the
 * pipeline waits until others have left. So spares are there for those inside alone, and what waits holds nothing.
 *
 * <p><b>Using.</b> One closure uses the reserves at a time: a place, and all that must go on so that what it takes
 * comes back. It grows upward, to the closure of a place that contains it. A spare is lent to a member only if the
 * spares that remain cover what all members may still want. So what a member wants, it gets.
 *
 * <p><b>Following.</b> When all that was lent is back, or no member is left, the use is over, and the next begins.
 */
final class ReserveMachine {

    /** Whether spares, beside what all accounts have or collect, are within the limits of all pools and budgets. */
    interface Bounds {
        boolean hold(Map<ReserveAccount, ReserveClaims> more);
    }

    /** Spares that are to be taken from the pools. */
    static final class Collection {
        final Map<ReserveAccount, ReserveClaims> asked;

        /** Whether to wait for them, and take all together; or to take those that are free. */
        final boolean waits;

        Collection(Map<ReserveAccount, ReserveClaims> asked, boolean waits) {
            this.asked = asked;
            this.waits = waits;
        }

        private boolean covers(Map<ReserveAccount, ReserveClaims> missing) {
            return missing.entrySet().stream()
                    .allMatch(each -> asked.getOrDefault(each.getKey(), ReserveClaims.NONE)
                            .covers(each.getValue()));
        }
    }

    /**
     * What a place and those below it need.
     *
     * @param needs the capacities that each place may take of each account, at least one
     */
    record Need(ReservePlace top, Map<ReserveAccount, Map<ReservePlace, Integer>> needs) {}

    /** A pipeline that waits to enter: its sources, as far as they are there. */
    record Entry(List<Need> all, long held, Object turn) {

        ReserveGroup group() {
            return all.get(0).top.group();
        }

        Set<ReserveAccount> accounts() {
            Set<ReserveAccount> accounts = new LinkedHashSet<>();
            all.forEach(each -> accounts.addAll(each.needs.keySet()));
            return accounts;
        }

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

        /** Buffers are to be taken from the pools. */
        record Collect(ReserveAccount account, Collection collection) implements Order {}

        /** They are not needed any more. */
        record Stop(ReserveAccount account, Collection collection) implements Order {}
    }

    private final Bounds bounds;
    private final Map<Object, Entry> entering = new HashMap<>();
    private final Map<Object, Wish> wishes = new HashMap<>();
    private final Map<Entry, Collection> collecting = new HashMap<>();
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
     * Lets places and those below them in.
     *
     * @param all what each needs: first the one that wants to enter, then others that are there
     * @param held how much is held until the place has ended, by a pipeline within which it runs; such a place goes
     *     first
     * @return whether it is in; if not, it waits for an order
     */
    boolean enter(List<Need> all, long held, Object turn) {
        Entry entry = new Entry(all, held, turn);
        Set<ReserveAccount> accounts = entry.accounts();
        boolean waits = all.get(0).top.waitsToEnter();
        if (waits) {
            ReserveAccount first = first(accounts);
            (held > 0 ? first.lineWithin : first.line).add(entry);
            first.heldInLine += held;
            withLine.add(first);
            entering.put(turn, entry);
            accounts.forEach(account -> account.awaiting.add(entry));
            entry.group().entries().add(entry);
        } else {
            ReserveAccount first = first(accounts);
            ReserveClaims before = first.required();
            entry.all.forEach(this::count);
            if (all.get(0).top.isOfFrames() && first.required() == before) {
                return true; // others are inside that need the same, so nothing changes
            }
        }
        settle(accounts);
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

    private void count(Need need) {
        need.needs.forEach((account, capacities) -> capacities.forEach((place, capacity) -> {
            if (!place.left) {
                place.capacities.putIfAbsent(account, capacity);
            }
        }));
        need.needs.forEach((account, capacities) -> {
            for (ReservePlace place : capacities.keySet()) {
                if (!place.left && !place.counted.containsKey(account)) {
                    ReserveClaims claims = account.claims(place);
                    place.counted.put(account, claims);
                    account.count(claims);
                    place.group().count(1);
                }
            }
            account.related.addAll(need.needs.keySet());
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
            settle(entry.accounts());
        }
        Wish wish = wishes.get(turn);
        if (wish != null) {
            remove(wish);
            settle(wish.accounts);
        }
    }

    private void leaveLine(Entry entry) {
        ReserveAccount first = first(entry.accounts());
        (entry.held > 0 ? first.lineWithin : first.line).remove(entry);
        first.heldInLine -= entry.held;
        entry.group().entries().remove(entry);
        if (first.nextInLine() == null) {
            withLine.remove(first);
        }
        entry.accounts().forEach(account -> account.awaiting.remove(entry));
        stop(first, collecting.remove(entry));
    }

    private void remove(Wish wish) {
        wishes.remove(wish.turn);
        wish.accounts.forEach(account -> account.wishes.remove(wish));
        wish.place.group().wishes().remove(wish);
    }

    /** A place takes no memory any more. */
    void leave(ReservePlace place) {
        Set<ReserveAccount> changed = new LinkedHashSet<>();
        place.counted.forEach((account, claims) -> {
            ReserveClaims before = account.required();
            ReserveAccount.Use use = account.use;
            account.uncount(claims);
            place.group().count(-1);
            if (use != null && use.leave(place)) {
                end(use);
            }
            if (!place.isOfFrames() || use != null || account.required() != before) {
                changed.add(account); // but not where frames go, and others are inside that need the same
            }
        });
        place.counted.clear();
        place.capacities.clear();
        place.group().sources().remove(place);
        if (!changed.isEmpty() || !place.isOfFrames()) {
            settle(changed);
        }
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

    /**
     * The pools gave what was asked for.
     *
     * @return whether it is still wanted; if not, it is to go back
     */
    boolean collected(Collection collection, Map<ReserveAccount, List<ReserveAccount.Spare>> spares) {
        if (!end(collection)) {
            return false;
        }
        spares.forEach((account, some) -> account.spares.addAll(some));
        settle(collection.asked.keySet(), collection.waits);
        return true;
    }

    /** Pools refuse for good what was asked for. */
    void refused(Collection collection, Set<ReserveAccount> refusing) {
        if (end(collection)) {
            refusing.forEach(account -> account.isRefused = true);
            settle(collection.asked.keySet());
        }
    }

    private boolean end(Collection collection) {
        boolean isCurrent = collecting.values().remove(collection);
        for (ReserveAccount account : collection.asked.keySet()) {
            isCurrent |= account.collections.remove(collection);
            account.refill = account.refill == collection ? null : account.refill;
        }
        return isCurrent;
    }

    private Collection start(ReserveAccount account, Map<ReserveAccount, ReserveClaims> missing, boolean waits) {
        Collection started = new Collection(missing, waits);
        missing.keySet().forEach(each -> each.collections.add(started));
        orders.add(new Order.Collect(account, started));
        return started;
    }

    private void stop(ReserveAccount account, @Nullable Collection collection) {
        if (collection != null) {
            end(collection);
            orders.add(new Order.Stop(account, collection));
        }
    }

    /** The bounds have changed: looks at the lines anew. */
    void reconsider() {
        settle(List.of());
    }

    private void settle(Iterable<ReserveAccount> changed) {
        settle(changed, true);
    }

    private void settle(Iterable<ReserveAccount> changed, boolean refills) {
        changed.forEach(touched::add);
        Set<ReserveAccount> all = new LinkedHashSet<>(touched);
        touched.forEach(account -> all.addAll(account.related));
        all.addAll(withLine);
        for (ReserveAccount account : all) {
            admit(account, false);
            lend(account);
        }
        all.forEach(this::drop);
        if (refills) {
            all.forEach(this::refill);
        }
        all.forEach(account -> admit(account, true));
        touched.addAll(all);
    }

    /**
     * Makes up for what was lost, and for what places need that came to a pipeline which was inside. Such a place
     * stands in the line of the pool itself.
     */
    private void refill(ReserveAccount account) {
        ReserveClaims missing =
                account.isRefused ? ReserveClaims.NONE : account.required().without(account.owned());
        Collection present = account.refill;
        account.hasLost &= !missing.isNone();
        boolean waits = account.hasLost || (account.isEager && !missing.isNone());
        if (present != null && (present.waits != waits || !present.covers(Map.of(account, missing)))) {
            stop(account, present);
        }
        if (account.refill == null && !missing.isNone()) {
            account.refill = start(account, Map.of(account, missing), waits);
        }
    }

    private void admit(ReserveAccount account, boolean collects) {
        for (Entry head = account.nextInLine(); head != null; head = account.nextInLine()) {
            ReserveGroup group = head.group();
            if (!group.isInside() && !isReady(account, head, collects)) {
                return;
            }
            admit(head);
            // Others of the pipeline follow wherever they stand: those between may wait until this pipeline has left.
            List.copyOf(group.entries()).forEach(this::admit);
        }
    }

    private void admit(Entry entry) {
        entering.remove(entry.turn);
        leaveLine(entry);
        entry.all.forEach(this::count);
        orders.add(new Order.Admit(first(entry.accounts()), entry.turn));
    }

    /** Whether the spares cover an entry; if not, and if they could, they are collected. */
    private boolean isReady(ReserveAccount account, Entry entry, boolean collects) {
        Map<ReserveAccount, ReserveClaims> missing = new LinkedHashMap<>();
        for (Map.Entry<ReserveAccount, ReserveClaims> each : claimsOf(entry).entrySet()) {
            ReserveAccount of = each.getKey();
            ReserveClaims lacking = of.required().max(each.getValue()).without(of.owned());
            if (!lacking.isNone() && !of.isRefused) {
                missing.put(of, lacking);
            }
        }
        if (missing.isEmpty()) {
            return true;
        }
        if (collects) {
            collect(account, entry, missing);
        }
        return false;
    }

    private void collect(ReserveAccount account, Entry entry, Map<ReserveAccount, ReserveClaims> missing) {
        Collection present = collecting.get(entry);
        if (present != null && present.covers(missing)) {
            return;
        }
        stop(account, collecting.remove(entry));
        if (bounds.hold(missing)) {
            collecting.put(entry, start(account, missing, true));
        }
    }

    /** What the pipeline of an entry claims, which counts its places only later. */
    private static Map<ReserveAccount, ReserveClaims> claimsOf(Entry entry) {
        Map<ReserveAccount, ReserveClaims> claims = new LinkedHashMap<>();
        for (Entry each : entry.group().entries()) {
            for (Need need : each.all) {
                need.needs.forEach((account, capacities) ->
                        claims.merge(account, claimsOf(need.top, capacities), ReserveClaims::max));
            }
        }
        return claims;
    }

    /** What a place and those below it claim of an account, which counts them only later. */
    static ReserveClaims claimsOf(ReservePlace top, Map<ReservePlace, Integer> capacities) {
        Set<ReservePlace> passed = ReservePlace.nestsWithin(top.closure());
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
        if (use != null && !use.members.contains(place)) {
            account.adopt(place, use);
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

    /** Drops what those inside do not need. */
    private void drop(ReserveAccount account) {
        ReserveAccount.Use use = account.use;
        ReserveClaims lacking = account.required().without(account.owned());
        for (ReserveAccount.Spare spare : List.copyOf(account.spares)) {
            if (spare.borrower == null
                    && account.required()
                            .without(account.owned().minus(spare.capacity))
                            .equals(lacking)
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
