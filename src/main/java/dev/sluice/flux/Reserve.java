package dev.sluice.flux;

import dev.sluice.BudgetTooSmallException;
import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.InvalidSizeException;
import dev.sluice.MemoryBudget;
import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The spare buffers of one pool, so that of all pipelines that wait for its memory, one can always go on.
 *
 * <p>An operator holds its input while it waits for memory; so many pipelines on one pool could all hold, and all wait.
 * Therefore, while such pipelines run, a reserve holds what the neediest of them needs at least. {@link ReserveMachine}
 * decides who enters and who may use it; this class tells the machine what happens, takes spares from the pool and
 * gives them back.
 *
 * <p>Each pool has three reserves: see {@link ReserveAccount}. {@code docs/how-the-streams-work.md} has the proof.
 */
final class Reserve {

    /*
     * The machine is one for all pools, because a pipeline may take from several, and is guarded by LOCK. Nothing is
     * acquired, released or told under the lock: those may run foreign code. What is to be told is put into `news`, and
     * told by one thread at a time, never deeper in the stack: the end of one wait may end the next.
     *
     * Enter against leave: a place that has left is not counted. Both are written and read under the lock.
     */

    static final Object LOCK = new Object();

    /** The reserves of one pool. */
    private enum Whose {
        CLOSED_PIPELINES,
        OPEN_PIPELINES,
        FRAMES
    }

    private static final ReserveMachine MACHINE = new ReserveMachine(Reserve::hold);

    /** Weak: a reserve refers to its pool only while it is used. */
    private static final Map<BufferPool, Map<Whose, Reserve>> RESERVES = new WeakHashMap<>();

    private static final Set<Reserve> ACTIVE = new LinkedHashSet<>();

    /** Those that have become active for a place that is about to enter, and may not be used after all. */
    private static final List<Reserve> FRESH = new ArrayList<>();

    private final ReserveAccount account = new ReserveAccount(this);
    private final Queue<Runnable> news = new ConcurrentLinkedQueue<>();
    private final AtomicInteger telling = new AtomicInteger();

    /** Null while nobody uses the reserve. */
    private @Nullable BufferPool pool;

    /** What is being taken from pools. Guarded by the lock. */
    private static final Map<ReserveMachine.Collection, ReserveCollection> COLLECTING = new HashMap<>();

    private Reserve() {}

    /** Called with the lock. */
    private static Reserve of(BufferPool pool, Whose whose) {
        Reserve reserve = RESERVES.computeIfAbsent(pool, unused -> new HashMap<>(2))
                .computeIfAbsent(whose, unused -> new Reserve());
        reserve.account.isEager = whose == Whose.FRAMES;
        if (ACTIVE.add(reserve)) {
            reserve.pool = pool;
            FRESH.add(reserve);
        }
        return reserve;
    }

    /**
     * Lets a place and those below it in.
     *
     * @param from where the place takes memory
     * @param turn a {@link Turn}; of a place that does not wait to enter, anything
     * @return whether the place may take memory; if not, the turn is told to {@linkplain Turn#stand() stand}
     * @throws dev.sluice.BudgetTooSmallException if the budgets can never hold what the places need
     */
    static boolean enter(ReservePlace place, BufferPool from, Object turn) {
        boolean[] isIn = {true};
        act(() -> {
            if (place.hasEntered(from)) {
                return;
            }
            List<ReserveMachine.Need> all = new ArrayList<>();
            ReservePlace top = place.entering();
            addNeeds(top, from, all, true);
            Set<ReserveAccount> accounts =
                    all.isEmpty() ? Set.of() : all.get(0).needs().keySet();
            long held = all.isEmpty() ? 0 : heldAround(top, from, all.get(0).needs());
            for (ReservePlace each : top.closure()) {
                if (each.isJoint() && each != top && !each.left && each.capacities.isEmpty() && !accounts.isEmpty()) {
                    addNeeds(each, from, all, true);
                }
            }
            for (ReservePlace each : List.copyOf(place.group().sources())) {
                if (each != top && !each.left && !each.hasEntered(from) && !accounts.isEmpty()) {
                    addNeeds(each, from, all, false); // counted with the others, but it waits by itself
                }
            }
            if (!all.isEmpty()) {
                isIn[0] = MACHINE.enter(all, held, turn);
            }
            restUnlessUsed();
        });
        return isIn[0];
    }

    private static void addNeeds(ReservePlace top, BufferPool from, List<ReserveMachine.Need> all, boolean enters) {
        Map<ReservePlace, Set<BufferPool>> pools = new LinkedHashMap<>();
        top.addPools(top.poolsOr(from), pools);
        Map<ReserveAccount, Map<ReservePlace, Integer>> needs = needs(top, pools);
        pools.forEach((each, of) -> {
            if (enters || each != top) {
                of.forEach(each::setEntered);
            }
        });
        if (!needs.isEmpty()) {
            all.add(new ReserveMachine.Need(top, needs));
        }
    }

    private static Whose whose(ReservePlace top, Map<ReservePlace, Set<BufferPool>> pools) {
        if (top.isOfFrames()) {
            return Whose.FRAMES;
        }
        boolean isOpen =
                pools.entrySet().stream().anyMatch(each -> each.getKey().isOpenIn(each.getValue()));
        return isOpen ? Whose.OPEN_PIPELINES : Whose.CLOSED_PIPELINES;
    }

    /** What the places may need, without what runs within a nest where the budgets are too small for that. */
    private static Map<ReserveAccount, Map<ReservePlace, Integer>> needs(
            ReservePlace top, Map<ReservePlace, Set<BufferPool>> pools) {
        Whose whose = whose(top, pools);
        Set<ReservePlace> passed = ReservePlace.nestsWithin(pools.keySet());
        int largest =
                pools.keySet().stream().mapToInt(ReservePlace::bytes).max().orElse(0);
        Map<ReserveAccount, Map<ReservePlace, Integer>> needs = new LinkedHashMap<>();
        try {
            pools.forEach((place, of) -> of.forEach(pool -> {
                int bytes = place.isNest() ? (passed.contains(place) ? 0 : largest) : place.bytesIn(pool);
                boolean claimsNone = place.left || (place.isJoint() && place != top);
                if (bytes > 0 && (place.buffers > 0 || place.isNest()) && !claimsNone) {
                    needs.computeIfAbsent(of(pool, whose).account, unused -> new LinkedHashMap<>())
                            .put(place, pool.capacityFor(bytes));
                }
            }));
        } catch (InvalidSizeException e) {
            return Map.of(); // the place hears it from the pool itself
        }
        if (ReserveLimits.exceeded(top, needs) != null) {
            needs.values().forEach(capacities -> capacities.keySet().removeIf(ReservePlace::isNest));
            needs.values().removeIf(Map::isEmpty);
            BufferPoolException tooMuch = ReserveLimits.exceeded(top, needs);
            if (tooMuch != null) {
                throw tooMuch;
            }
        }
        return needs;
    }

    /** What is held around a pipeline that runs within another; refused if all that wait likewise hold too much. */
    private static long heldAround(
            ReservePlace place, BufferPool from, Map<ReserveAccount, Map<ReservePlace, Integer>> needs) {
        long held = place.isWithin() ? place.heldBelow(from) : 0;
        if (held > 0) {
            long all = held;
            long wanted = 0;
            for (Reserve each : RESERVES.getOrDefault(from, Map.of()).values()) {
                Map<ReservePlace, Integer> own = needs.get(each.account);
                all += each.account.heldInLine;
                ReserveClaims claims = own == null ? ReserveClaims.NONE : ReserveMachine.claimsOf(place, own);
                wanted += each.account.required().max(claims).bytes();
            }
            BudgetTooSmallException stuck = ReserveLimits.stuck(from, all, wanted);
            if (stuck != null) {
                throw stuck;
            }
        }
        return held;
    }

    /** Says what keeps a place from ever getting what it wants; null if nothing does. */
    static @Nullable BudgetTooSmallException stuck(ReservePlace place, BufferPool from, int bytes) {
        synchronized (LOCK) {
            long held = place.heldBelow(from);
            boolean isBeyondClaim = held > 0 && bytes > place.bytesIn(from); // the reserve does not serve it
            return ReserveLimits.stuck(
                    from, isBeyondClaim ? held + idleFor(place, from) : held, from.capacityFor(bytes));
        }
    }

    /** What the reserve keeps for the pipeline of a place and has not lent. */
    private static long idleFor(ReservePlace place, BufferPool from) {
        long idle = 0;
        for (ReserveAccount account : accountsOf(place, from)) {
            long kept = 0;
            for (ReservePlace source : place.group().sources()) {
                kept = Math.max(
                        kept,
                        source.counted.getOrDefault(account, ReserveClaims.NONE).bytes());
            }
            idle += Math.max(0, kept - account.lentBytes());
        }
        return idle;
    }

    /** Called with the lock, for an account that is used. */
    static BufferPool poolOf(ReserveAccount account) {
        BufferPool pool = ((Reserve) account.owner).pool;
        if (pool == null) {
            throw new IllegalStateException("the reserve is not used");
        }
        return pool;
    }

    private static boolean hold(Map<ReserveAccount, ReserveClaims> more) {
        Map<BufferPool, ReserveClaims> all = new LinkedHashMap<>();
        for (Reserve each : ACTIVE) {
            BufferPool of = each.pool;
            if (of != null) {
                ReserveClaims own = more.getOrDefault(each.account, ReserveClaims.NONE);
                all.merge(of, each.account.ownedAndCollected().plus(own), ReserveClaims::plus);
            }
        }
        return ReserveLimits.refusing(all, ReserveGrowth::bytesBeneath) == null;
    }

    /** Says what a place wants; it stands in the line of the pool as well, and takes what comes first. */
    static void want(ReservePlace place, BufferPool from, int bytes, Turn turn) {
        act(() -> {
            List<ReserveAccount> accounts = accountsOf(place, from);
            if (!place.left && !accounts.isEmpty() && !turn.isAnswered()) {
                MACHINE.want(place, accounts, bytes, turn);
            }
        });
        if (turn.isAnswered()) {
            forget(turn);
        }
    }

    private static List<ReserveAccount> accountsOf(ReservePlace place, BufferPool from) {
        List<ReserveAccount> accounts = new ArrayList<>();
        for (ReserveAccount each : place.capacities.keySet()) {
            if (((Reserve) each.owner).pool == from) {
                accounts.add(each);
            }
        }
        return accounts;
    }

    /** The turn has its answer, or is given up. */
    static void forget(Turn turn) {
        act(() -> MACHINE.forget(turn));
    }

    /** What the pipelines that are inside claim beneath a budget, all at once. Called with the lock. */
    static long claimedBeneath(MemoryBudget budget) {
        long sum = 0;
        for (Reserve each : ACTIVE) {
            BufferPool of = each.pool;
            if (of != null && ReserveGrowth.isBeneath(of, budget)) {
                sum += each.account.insideBytes();
            }
        }
        return sum;
    }

    /** What fits beside the reserves has changed. */
    static void reconsider() {
        act(MACHINE::reconsider);
    }

    static void leave(ReservePlace place) {
        act(() -> MACHINE.leave(place));
    }

    private static void act(Runnable change) {
        List<Reserve> changed = new ArrayList<>();
        synchronized (LOCK) {
            change.run();
            for (ReserveMachine.Order order : MACHINE.takeOrders()) {
                ((Reserve) order.account().owner).obey(order);
            }
            for (ReserveAccount each : MACHINE.takeTouched()) {
                Reserve reserve = (Reserve) each.owner;
                changed.add(reserve);
                reserve.rest();
            }
        }
        changed.forEach(Reserve::tell);
    }

    private void obey(ReserveMachine.Order order) {
        if (order instanceof ReserveMachine.Order.Admit admit) {
            news.add(((Turn) admit.turn())::stand);
        } else if (order instanceof ReserveMachine.Order.Lend lend) {
            PooledBuffer lease = (PooledBuffer) lend.spare().lease;
            PooledBuffer lent = lease.lend(() -> back(lend.spare(), lease));
            news.add(() -> ((Turn) lend.turn()).lent(lent));
        } else if (order instanceof ReserveMachine.Order.Drop drop) {
            news.add(((PooledBuffer) drop.spare().lease)::release);
        } else if (order instanceof ReserveMachine.Order.Collect collect) {
            ReserveCollection started = new ReserveCollection(collect.collection(), this);
            COLLECTING.put(collect.collection(), started);
            news.add(started::start);
        } else if (order instanceof ReserveMachine.Order.Stop stop) {
            ReserveCollection stopped = COLLECTING.remove(stop.collection());
            if (stopped != null) {
                news.add(stopped::stop);
            }
        }
    }

    /** The lender's lease is over if a lent one was lost: then the spare is too. */
    private void back(ReserveAccount.Spare spare, PooledBuffer lease) {
        boolean isLost = lease.isReleased();
        act(() -> MACHINE.back(account, spare, isLost));
    }

    private static void restUnlessUsed() {
        FRESH.forEach(Reserve::rest);
        FRESH.clear();
    }

    /** Refers to the pool no more while nobody uses the reserve. */
    private void rest() {
        if (account.isIdle() && account.spares.isEmpty()) {
            pool = null;
            ACTIVE.remove(this);
        }
    }

    /** Takes in what was collected; returns whether it is still wanted. */
    static boolean collected(
            ReserveMachine.Collection collection, Map<ReserveAccount, List<ReserveAccount.Spare>> spares) {
        boolean[] isWanted = {false};
        act(() -> {
            COLLECTING.remove(collection);
            isWanted[0] = MACHINE.collected(collection, spares);
        });
        return isWanted[0];
    }

    static void refused(ReserveMachine.Collection collection, Set<ReserveAccount> refusing) {
        act(() -> {
            COLLECTING.remove(collection);
            MACHINE.refused(collection, refusing);
        });
    }

    /** One thread at a time tells; another that brings more meanwhile leaves it to that one. */
    private void tell() {
        if (telling.getAndIncrement() != 0) {
            return;
        }
        int missed = 1;
        do {
            for (Runnable next = news.poll(); next != null; next = news.poll()) {
                try {
                    next.run();
                } catch (RuntimeException | Error e) {
                    Operators.onErrorDropped(e, Context.empty());
                }
            }
            missed = telling.addAndGet(-missed);
        } while (missed != 0);
    }

    /** Names the reserve in reports of lost leases. */
    @Override
    public String toString() {
        return "the reserve that pipelines of byte operators share";
    }
}
