package dev.sluice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The lock of a tree of budgets, and what is decided under it: who may grow, who must wait, and who is next.
 *
 * <p>The hot path does not come here. It looks at {@link #isContested()}, one read of a word that rarely changes, and
 * goes by the free sets. Decisions about bytes take the lock, and only the decisions: memory is allocated, freed and
 * handed over outside it. So a request near the limit sees either all of another request's charge or none of it, at
 * every level of the tree, and two that want the last room cannot both fail.
 *
 * <p><b>In turn.</b> A request that is refused waits at the bound that refused it: its size class, if that has all its
 * slots, else the innermost budget without room. Whoever comes later, through a pool and a size that stand under that
 * bound, waits behind it or fails, even where a free slot is at hand: so what comes back accumulates for the oldest
 * request, and a large one is not starved by small ones. Requests that no bound connects do not delay each other.
 *
 * <p><b>Release against enqueue.</b> A releaser sets the bit, then reads {@code pending}. A request raises
 * {@code pending}, then looks at the bits, both inside the lock. Both are sequentially consistent, so at least one sees
 * the other: either the request finds the slot, or the releaser comes to {@link #serve} and waits for the lock until the
 * request stands in its queue.
 */
final class Ledger {

    private static final long NEWCOMER = Long.MAX_VALUE;

    /** Requests that wait or are being decided. Written under the lock. */
    private volatile int pending;

    private final AtomicInteger returns = new AtomicInteger();
    private final Set<BufferPool> owners = new LinkedHashSet<>();
    private long lastTicket;

    boolean isContested() {
        return pending != 0;
    }

    /** Changes whenever a slot comes back while the ledger is contested. */
    int returns() {
        return returns.get();
    }

    /** Takes a free slot or makes one, at once; refused if a bound is reached or others wait. */
    LedgerDecision takeOrGrow(SizeClass sizeClass, int size) {
        try {
            return settle(sizeClass, () -> decide(sizeClass, size));
        } finally {
            serve(sizeClass);
        }
    }

    /**
     * Decides, and makes a slab if that is the decision. Meanwhile others that miss the same class wait for its slots:
     * they would find no room, though there are slots for all of them.
     */
    private static LedgerDecision settle(SizeClass sizeClass, Supplier<LedgerDecision> decision) {
        if (sizeClass.larger) {
            return made(decision.get());
        }
        synchronized (sizeClass) {
            return made(decision.get());
        }
    }

    private static LedgerDecision made(LedgerDecision outcome) {
        return outcome instanceof Growth growth ? new LedgerDecision.Taken(growth.make()) : outcome;
    }

    private synchronized LedgerDecision decide(SizeClass sizeClass, int size) {
        sizeClass.pool.checkOpen();
        countPending(1);
        try {
            return attempt(sizeClass, size, NEWCOMER);
        } finally {
            countPending(-1);
        }
    }

    /**
     * Gets a slot now, or stands in line for it. Whoever only stands in line leaves nothing to serve: a slot that came back
     * meanwhile has a releaser who waits for the lock and serves.
     */
    void request(PendingRequest request, @Nullable Duration timeout) {
        SizeClass sizeClass = request.sizeClass;
        request.sinceNanos = sizeClass.pool.clock().nanoTime();
        boolean onlyWaits = false;
        try {
            LedgerDecision outcome = settle(sizeClass, () -> decideOrEnqueue(request));
            if (outcome instanceof LedgerDecision.Taken taken) {
                request.grant(taken.slot());
            } else {
                onlyWaits = outcome instanceof LedgerDecision.Refused refused && !refused.freed();
                request.waits(timeout);
            }
        } catch (PoolClosedException e) {
            request.completeExceptionally(e);
        } catch (PoolExhaustedException e) {
            request.refuse(e);
        } catch (OutOfMemoryError e) {
            request.refuse(PoolExhaustedException.outOfMemory(sizeClass.pool, request.size, e));
        } finally {
            if (!onlyWaits) {
                serve(sizeClass);
            }
        }
    }

    private synchronized LedgerDecision decideOrEnqueue(PendingRequest request) {
        SizeClass sizeClass = request.sizeClass;
        sizeClass.pool.checkOpen();
        request.ticket = ++lastTicket;
        countPending(1);
        boolean waits = false;
        try {
            LedgerDecision outcome = attempt(sizeClass, request.size, request.ticket);
            if (outcome instanceof LedgerDecision.Refused refused) {
                sizeClass.pool.enterLocked(request.size);
                sizeClass.pending++;
                refused.queue().insert(request);
                waits = true;
            }
            return outcome;
        } finally {
            if (!waits) {
                countPending(-1);
            }
        }
    }

    private LedgerDecision attempt(SizeClass sizeClass, int size, long ticket) {
        WaitQueue ahead = queueAhead(sizeClass, ticket);
        if (ahead != null) {
            return new LedgerDecision.Refused(ahead, false);
        }
        if (!sizeClass.larger) {
            Slot slot = sizeClass.takeLocked();
            if (slot != null) {
                return new LedgerDecision.Taken(slot);
            }
        }
        return grow(sizeClass, sizeClass.slotBytesFor(size));
    }

    /** A queue on the way of this class in which someone older stands. */
    private static @Nullable WaitQueue queueAhead(SizeClass sizeClass, long ticket) {
        if (sizeClass.waiting.hasOlderThan(ticket)) {
            return sizeClass.waiting;
        }
        for (MemoryBudget b = sizeClass.pool.budget(); b != null; b = b.parent()) {
            if (b.waiting.hasOlderThan(ticket)) {
                return b.waiting;
            }
        }
        return null;
    }

    /** Charges a slab as large as the class wants and the budget has room for; reclaims idle memory for one slot. */
    private LedgerDecision grow(SizeClass sizeClass, int slotBytes) {
        int room = sizeClass.roomLocked();
        if (room == 0) {
            return new LedgerDecision.Refused(sizeClass.waiting, false);
        }
        MemoryBudget budget = sizeClass.pool.budget();
        int wanted = Math.min(room, sizeClass.nextSlabSlotsLocked());
        List<Slab> reclaimed = List.of();
        int slots = fitting(budget, wanted, slotBytes);
        if (slots == 0) {
            MemoryBudget full = fullLocked(budget, slotBytes);
            if (full != null) {
                return new LedgerDecision.Refused(full.waiting, false);
            }
            reclaimed = reclaim(budget, slotBytes);
            slots = fitting(budget, wanted, slotBytes);
        }
        Growth growth = new Growth(sizeClass, slots, slotBytes, reclaimed);
        if (slots == 0) {
            // Somebody took a slot of what was to be reclaimed. Rare, so what was is freed here, under the lock.
            Growth.freeReclaimed(reclaimed, sizeClass, slotBytes);
            MemoryBudget refusing = budget.refusingLocked(slotBytes);
            return new LedgerDecision.Refused((refusing == null ? budget : refusing).waiting, !reclaimed.isEmpty());
        }
        sizeClass.chargeLocked(slots, growth.bytes());
        return growth;
    }

    private static int fitting(MemoryBudget budget, int wanted, int slotBytes) {
        int slots = wanted;
        while (slots > 0 && budget.refusingLocked((long) slots * slotBytes) != null) {
            slots >>>= 1;
        }
        return slots;
    }

    /**
     * The innermost budget that lacks room even if all idle memory beneath it went. A request must wait there and nowhere
     * further in: a budget inside may lack room too, but could make it, and nothing that happens outside of it would come
     * to those who wait at it.
     */
    private @Nullable MemoryBudget fullLocked(MemoryBudget budget, int slotBytes) {
        for (MemoryBudget b = budget; b != null; b = b.parent()) {
            if (slotBytes - b.available() > idleBytesWithin(b)) {
                return b;
            }
        }
        return null;
    }

    /**
     * Retires idle slabs until the budget and all above it have room: those of sizes that nobody wants go first, of these
     * the longest unused. Where the idle memory is not enough, none is touched: it may serve somebody else.
     */
    private List<Slab> reclaim(MemoryBudget budget, int slotBytes) {
        List<Slab> reclaimed = new ArrayList<>();
        for (MemoryBudget b = budget; b != null; b = b.parent()) {
            List<Slab> idle = slotBytes > b.available() ? idleSlabsWithin(b) : List.of();
            for (Slab slab : idle) {
                if (slotBytes <= b.available()) {
                    break;
                }
                if (slab.sizeClass.retireLocked(slab)) {
                    reclaimed.add(slab);
                    slab.sizeClass.counts.reclaimedBytes += slab.bytesLocked();
                }
            }
        }
        return reclaimed;
    }

    private long idleBytesWithin(MemoryBudget budget) {
        return idleSlabsWithin(budget).stream().mapToLong(Slab::bytesLocked).sum();
    }

    private List<Slab> idleSlabsWithin(MemoryBudget budget) {
        return owners.stream()
                .filter(pool -> pool.budget().isWithin(budget))
                .flatMap(pool -> pool.sizeClasses().stream())
                .flatMap(sizeClass -> sizeClass.idleSlabsLocked().stream())
                .sorted(Comparator.comparing((Slab slab) -> slab.sizeClass.demandLocked() > 0)
                        .thenComparing((Slab slab) -> slab.idleLooks, Comparator.reverseOrder()))
                .toList();
    }

    /** Called by a pool whose first bytes are charged. */
    void ownsLocked(BufferPool pool) {
        owners.add(pool);
    }

    /** Called by a pool whose last bytes are credited. */
    void ownsNothingLocked(BufferPool pool) {
        owners.remove(pool);
    }

    /** Puts a new slab into service; whoever made it serves its class when it holds no lock any more. */
    void publish(Slab slab) {
        synchronized (this) {
            slab.sizeClass.publishLocked(slab);
        }
        slab.sizeClass.pool.armShrinking();
    }

    /** Gives back the charge of a slab that is not made after all. */
    synchronized void abandon(Growth growth) {
        growth.sizeClass().creditLocked(growth.slots(), growth.bytes());
    }

    /** A slot came back, and somebody may care: its slab is to be freed, a timer to be armed, a request to be served. */
    void onReturn(SizeClass sizeClass, Slab slab) {
        returns.incrementAndGet();
        BufferPool pool = sizeClass.pool;
        if (sizeClass.larger) {
            giveBack(slab, PoolEvent.SlabFreed.Reason.LARGE);
        } else if (pool.isClosed()) {
            giveBack(slab, PoolEvent.SlabFreed.Reason.CLOSE);
        }
        pool.armShrinking();
        serve(sizeClass);
    }

    /**
     * Gives an idle slab back to the system; returns its bytes, or 0 if it is in use again.
     *
     * <p>It is credited in the same step in which it leaves service, so no newcomer is refused for the sake of bytes that
     * are neither free nor in use. It is freed right after: until then this one slab exists beyond what is charged.
     */
    long giveBack(Slab slab, PoolEvent.SlabFreed.Reason reason) {
        SizeClass sizeClass = slab.sizeClass;
        long bytes;
        synchronized (this) {
            if (!sizeClass.retireLocked(slab)) {
                return 0;
            }
            bytes = slab.bytesLocked();
            sizeClass.counts.shrunkBytes += sizeClass.larger ? 0 : bytes;
        }
        slab.freeMemory(reason);
        serve(sizeClass);
        return bytes;
    }

    /** Grants what can be granted after something changed for a class: to those who wait at it or at its budgets. */
    void serve(SizeClass changed) {
        if (!isContested()) {
            return;
        }
        List<Grant> grants = new ArrayList<>();
        synchronized (this) {
            serve(changed.waiting, grants);
            for (MemoryBudget b = changed.pool.budget(); b != null; b = b.parent()) {
                serve(b.waiting, grants);
            }
        }
        if (!grants.isEmpty()) {
            Grant.deliver(grants);
        }
    }

    private void serve(WaitQueue queue, List<Grant> grants) {
        for (PendingRequest head = queue.head(); head != null; head = queue.head()) {
            LedgerDecision outcome = attemptFor(head);
            if (outcome instanceof LedgerDecision.Refused refused) {
                if (refused.queue() == queue) {
                    return;
                }
                queue.remove(head);
                refused.queue().insert(head);
            } else {
                leave(head);
                if (outcome instanceof LedgerDecision.Taken) {
                    head.sizeClass.counts.misses.increment();
                }
                grants.add(new Grant(head, outcome));
            }
        }
    }

    private LedgerDecision attemptFor(PendingRequest request) {
        try {
            return attempt(request.sizeClass, request.size, request.ticket);
        } catch (OutOfMemoryError e) {
            return new LedgerDecision.Failed(e);
        }
    }

    private void leave(PendingRequest request) {
        WaitQueue queue = request.queue;
        if (queue != null) {
            queue.remove(request);
            request.queue = null;
            request.sizeClass.pending--;
            request.sizeClass.pool.leaveLocked();
            countPending(-1);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    private void countPending(int change) {
        pending += change;
    }

    /**
     * A request has ended; if it was waiting, whoever stood behind it may be served now. Whoever granted it has taken it out
     * of its queue before, and it never stands in one again: so null, once seen, needs no lock.
     */
    void forget(PendingRequest request) {
        if (request.queue == null) {
            return;
        }
        synchronized (this) {
            leave(request);
        }
        serve(request.sizeClass);
    }

    /** Takes the requests of one pool out of all queues. */
    synchronized List<PendingRequest> leaveAll(BufferPool pool) {
        List<PendingRequest> left = waitingLocked(pool);
        left.forEach(this::leave);
        return left;
    }

    /** The requests of one pool that wait, those of one queue oldest first. */
    private static List<PendingRequest> waitingLocked(BufferPool pool) {
        List<PendingRequest> waiting = new ArrayList<>();
        for (SizeClass sizeClass : pool.sizeClasses()) {
            addWaiting(pool, sizeClass.waiting, waiting);
        }
        for (MemoryBudget b = pool.budget(); b != null; b = b.parent()) {
            addWaiting(pool, b.waiting, waiting);
        }
        return waiting;
    }

    private static void addWaiting(BufferPool pool, WaitQueue queue, List<PendingRequest> waiting) {
        for (PendingRequest request = queue.head(); request != null; request = request.next) {
            if (request.sizeClass.pool == pool) {
                waiting.add(request);
            }
        }
    }

    /** A request and what it waits for. */
    record Standing(PendingRequest request, WaitQueue queue) {}

    /** The requests of one pool that have waited longest, oldest first. */
    List<Standing> oldestWaiting(BufferPool pool, int most) {
        List<Standing> oldest = new ArrayList<>();
        synchronized (this) {
            List<PendingRequest> waiting = waitingLocked(pool);
            waiting.sort(Comparator.comparingLong(request -> request.ticket));
            for (PendingRequest request : waiting.subList(0, Math.min(most, waiting.size()))) {
                if (request.queue != null) {
                    oldest.add(new Standing(request, request.queue));
                }
            }
        }
        return oldest;
    }
}
