package dev.sluice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The lock of a tree of budgets, and what is decided under it: who may grow, who must wait, and who is next.
 *
 * <p>The hot path does not come here. It looks at {@link #isContested()}, one read of a word that rarely changes, and
 * goes by the free sets. Decisions about bytes take the lock, and only the decisions: memory is allocated, freed and
 * handed over outside it. So a request near the limit sees either all of another request's charge or none of it, at
 * every level of the tree, and two that want the last room cannot both fail.
 *
 * <p><b>What it knows.</b> Sums are kept of what is free in each size class and what is idle beneath each budget. They
 * are right for slabs that nobody has used since the ledger looked at them; those that were used are on a list, and are
 * looked at before anything is decided. See {@link Slab}.
 *
 * <p><b>In turn.</b> A request that is refused waits at the bound that refused it: its size class, if that has all its
 * slots, else the innermost budget without room. A newcomer, through a pool and a size that stand under that bound,
 * waits behind it or fails, even where a free slot is at hand: so what comes back accumulates for the oldest request,
 * and a large one is not starved by small ones. Requests that no bound connects do not delay each other. See {@link
 * WaitLine}.
 *
 * <p><b>Release against enqueue.</b> A releaser sets the bit, puts the slab on the list, then reads {@code pending}. A
 * request raises {@code pending}, then looks at what is on the list, both inside the lock. All are sequentially
 * consistent, so at least one sees the other: either the request finds the slot, or the releaser comes to {@link
 * #serve} and waits for the lock until the request stands in its line.
 *
 * <p><b>Follow against cancel.</b> The ledger puts the next member of a {@link PendingGroup} into a line, then reads
 * whether it is done; its cancellation makes it done, then reads whether it stands in a line. So at least one of the
 * two takes it out.
 */
final class Ledger {

    /** Requests that wait or are being decided. Written under the lock. */
    private volatile int pending;

    /** The slabs that were used since the ledger looked at them, by {@link Slab#nextUnsettled}. */
    private final AtomicReference<@Nullable Slab> unsettled = new AtomicReference<>();

    /** What is charged by each pool. */
    final LeaseWatches.Stripe charged = new LeaseWatches.Stripe();

    private long lastTicket;

    boolean isContested() {
        return pending != 0;
    }

    boolean isHeld() {
        return Thread.holdsLock(this);
    }

    /** Puts a slab on the list of those to look at; the caller has marked it, so that nobody else does. */
    void list(Slab slab) {
        Slab head;
        do {
            head = unsettled.get();
            slab.nextUnsettled = head;
        } while (!unsettled.compareAndSet(head, slab));
    }

    /** Looks at a slab that another thread is about to put on the list. */
    synchronized void settle(Slab slab) {
        slab.sizeClass.settleLocked(slab);
    }

    synchronized void settle() {
        settleLocked();
    }

    /** Looks at all slabs on the list: afterwards the sums are right. */
    void settleLocked() {
        assert isHeld();
        if (unsettled.get() == null) {
            return;
        }
        Slab next = unsettled.getAndSet(null);
        while (next != null) {
            Slab slab = next;
            next = slab.nextUnsettled;
            slab.nextUnsettled = null;
            slab.clearStandingLocked();
            slab.sizeClass.settleLocked(slab);
        }
    }

    /**
     * Takes a free slot or makes one, at once.
     *
     * @return the slot, or null if a bound is reached or others wait, which the decision says
     */
    @Nullable Slot takeOrGrow(LedgerDecision decision) {
        try {
            return conclude(decision, null);
        } finally {
            serve(decision.sizeClass);
        }
    }

    /**
     * Decides, and makes a slab if that is the decision. Meanwhile others that miss the same class wait for its slots:
     * they would find no room, though there are slots for all of them.
     */
    private @Nullable Slot conclude(LedgerDecision decision, @Nullable PendingRequest request) {
        try {
            if (decision.sizeClass.larger) {
                return decide(decision, request) ? decision.carryOut() : null;
            }
            synchronized (decision.sizeClass) {
                return decide(decision, request) ? decision.carryOut() : null;
            }
        } catch (Throwable e) {
            decision.freeReclaimed();
            throw e;
        }
    }

    /** Decides; false if the request stands in line now, and its decision belongs to those who serve it. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    private synchronized boolean decide(LedgerDecision decision, @Nullable PendingRequest request) {
        SizeClass sizeClass = decision.sizeClass;
        sizeClass.pool.checkOpen();
        pending++;
        boolean waits = false;
        try {
            WaitLine ahead = lineAhead(sizeClass);
            if (ahead != null) {
                decision.refuse(ahead);
            } else {
                attempt(decision);
            }
            if (request != null && decision.isRefused()) {
                decision.freeReclaimed(); // rare, so under the lock
                enqueue(request);
                waits = true;
            }
            return !waits;
        } finally {
            if (!waits) {
                pending--;
            }
        }
    }

    /** What can fail comes first. */
    private void enqueue(PendingRequest request) {
        SizeClass sizeClass = request.sizeClass;
        sizeClass.line.ensureRoom();
        sizeClass.pool.enterLocked(request.size);
        request.ticket = ++lastTicket;
        sizeClass.line.add(request);
        passOutward(sizeClass.line);
    }

    /**
     * Gets a slot now, or stands in line for it. A request that only stands in line leaves nothing to serve: a slot
     * that came back meanwhile has a releaser who waits for the lock and serves.
     */
    void request(PendingRequest request, @Nullable Duration timeout) {
        LedgerDecision decision = request.decision;
        boolean onlyWaits = false;
        try {
            Slot slot = conclude(decision, request);
            if (slot != null) {
                request.grant(slot);
            } else {
                onlyWaits = !decision.hasFreed();
                request.waits(timeout);
            }
        } catch (RuntimeException | Error e) {
            request.fail(e);
        } finally {
            if (!onlyWaits) {
                serve(request.sizeClass);
            }
        }
    }

    /** Lets the first member of a group stand in line, and serves it if it is its turn. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    void requestInTurn(PendingRequest first) {
        PendingRequest granted;
        try {
            synchronized (this) {
                first.sizeClass.pool.checkOpen();
                for (PendingRequest next = first.follower; next != null; next = next.follower) {
                    next.sizeClass.pool.checkOpen();
                    next.sizeClass.line.ensureRoom();
                }
                pending++;
                try {
                    enqueue(first);
                } catch (Throwable e) {
                    pending--;
                    throw e;
                }
                granted = grantFrom(first.sizeClass.line);
            }
        } catch (RuntimeException | Error e) {
            first.fail(e);
            return;
        }
        if (granted == null) {
            first.waits();
        }
        GrantDelivery.deliver(granted);
    }

    /** Lets the next member of a group take the place of one that has left its line. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    private void followLocked(PendingRequest granted) {
        PendingRequest next = granted.follower;
        while (next != null && !next.isDone()) {
            next.ticket = granted.ticket;
            next.sizeClass.pool.followLocked();
            pending++;
            next.sizeClass.line.addInTurn(next);
            passOutward(next.sizeClass.line);
            if (!next.isDone()) {
                return;
            }
            leaveLocked(next);
            next = next.follower;
        }
    }

    /** A line on the way of this class in which somebody stands. */
    private static @Nullable WaitLine lineAhead(SizeClass sizeClass) {
        for (WaitLine line = sizeClass.line; line != null; line = line.outer) {
            if (!line.isEmpty()) {
                return line;
            }
        }
        return null;
    }

    /** Decides for the one whose turn it is. */
    private void attempt(LedgerDecision decision) {
        SizeClass sizeClass = decision.sizeClass;
        settleLocked();
        if (decision.isAloneLocked()) {
            Slot slot = sizeClass.takeAloneLocked();
            if (slot != null) {
                decision.take(slot);
                return;
            }
        } else if (sizeClass.hasFreeLocked()) {
            Slot slot = sizeClass.takeLocked();
            if (slot == null) {
                sizeClass.settleAllLocked();
                slot = sizeClass.takeLocked();
            }
            if (slot != null) {
                decision.take(slot);
                return;
            }
        }
        grow(decision);
    }

    /** Charges a slab as large as the class wants and the budget has room for; reclaims idle memory for one slot. */
    private static void grow(LedgerDecision decision) {
        SizeClass sizeClass = decision.sizeClass;
        int room = sizeClass.roomLocked();
        if (room == 0) {
            decision.refuse(sizeClass.line);
            return;
        }
        int slotBytes = decision.slotBytes();
        MemoryBudget budget = sizeClass.pool.budget();
        int wanted = decision.isAloneLocked() ? 1 : Math.min(room, sizeClass.nextSlabSlotsLocked());
        int slots = fitting(budget, wanted, slotBytes);
        if (slots == 0) {
            MemoryBudget full = LedgerReclaim.fullLocked(budget, slotBytes);
            if (full != null) {
                decision.refuse(full.line);
                return;
            }
            LedgerReclaim.retireLocked(budget, slotBytes, decision);
            slots = fitting(budget, wanted, slotBytes);
        }
        if (slots == 0) {
            MemoryBudget refusing = budget.refusingLocked(slotBytes);
            decision.refuse((refusing == null ? budget : refusing).line);
            return;
        }
        sizeClass.chargeLocked(slots, (long) slots * slotBytes);
        decision.grow(slots);
    }

    private static int fitting(MemoryBudget budget, int wanted, int slotBytes) {
        int slots = wanted;
        while (slots > 0 && budget.refusingLocked((long) slots * slotBytes) != null) {
            slots >>>= 1;
        }
        return slots;
    }

    /** Puts a new slab into service; the maker serves its class when it holds no lock any more. */
    void publish(Slab slab) {
        synchronized (this) {
            slab.sizeClass.publishLocked(slab);
        }
        LeaseWatches.ensureRunning();
    }

    /** Gives back the charge of a slab that is not made after all. */
    synchronized void abandon(LedgerDecision growth) {
        growth.sizeClass.creditLocked(growth.slots(), growth.bytes());
    }

    /**
     * A slot came back, and somebody may care: its slab is to be freed, a timer to be armed, a request to be served.
     * The release is done; what goes wrong here is logged, and made good by the next release or look of the shrinker.
     */
    void onReturn(SizeClass sizeClass, Slab slab) {
        try {
            BufferPool pool = sizeClass.pool;
            pool.armShrinking();
            if (sizeClass.larger) {
                giveBack(slab, PoolEvent.SlabFreed.Reason.LARGE);
            } else if (pool.isClosed()) {
                giveBack(slab, PoolEvent.SlabFreed.Reason.CLOSE);
            }
            serve(sizeClass);
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("a release could not tell that memory came back", e);
        }
    }

    /**
     * Gives an idle slab back to the system; returns its bytes, or 0 if it is in use again.
     *
     * <p>It is credited in the same step in which it leaves service, so no newcomer is refused for the sake of bytes
     * that are neither free nor in use. It is freed right after: until then this one slab exists beyond what is
     * charged.
     */
    long giveBack(Slab slab, PoolEvent.SlabFreed.Reason reason) {
        long bytes;
        synchronized (this) {
            bytes = retireLocked(slab);
        }
        if (bytes != 0) {
            slab.freeMemory(reason);
            serve(slab.sizeClass);
        }
        return bytes;
    }

    /** Retires a slab for other reasons than to make room; returns its bytes, or 0 if it is in use again. */
    long retireLocked(Slab slab) {
        SizeClass sizeClass = slab.sizeClass;
        if (!sizeClass.retireLocked(slab)) {
            return 0;
        }
        sizeClass.counts.shrunkBytes += sizeClass.larger ? 0 : slab.bytesLocked();
        return slab.bytesLocked();
    }

    /** Drops the memory of a lease that was lost, or that shared its buffer with one that was. */
    void forfeit(Slot slot) {
        SizeClass sizeClass = slot.slab.sizeClass;
        synchronized (this) {
            sizeClass.forfeitLocked(slot);
        }
        serve(sizeClass);
    }

    /** Credits what a pool has left that nobody can reach any more. */
    void creditForgotten(MemoryBudget budget, PoolCharges charges) {
        synchronized (this) {
            budget.creditLocked(charges.forgetLocked());
        }
        serveBudget(budget);
    }

    /** Grants what can be granted to those who wait at a budget, or at one above. */
    void serveBudget(MemoryBudget budget) {
        serve(budget.line);
    }

    /** Grants what can be granted after something changed for a class: to those who wait at it or at its budgets. */
    void serve(SizeClass changed) {
        serve(changed.line);
    }

    private void serve(WaitLine changed) {
        if (!isContested()) {
            return;
        }
        PendingRequest granted;
        synchronized (this) {
            granted = grantFrom(changed);
        }
        GrantDelivery.deliver(granted);
    }

    /** Lets the first of each line from one bound outward go as far as it can; returns those who got something. */
    private @Nullable PendingRequest grantFrom(WaitLine changed) {
        settleLocked();
        return grantAll(passOutward(changed));
    }

    /** Moves the lines from one outward to where their first request is held up; returns the outermost. */
    private static WaitLine passOutward(WaitLine from) {
        WaitLine line = from;
        while (line.outer != null) {
            PendingRequest head = line.head();
            if (head != null && admits(line, head)) {
                line.pass();
            } else {
                line.goBack();
            }
            line = line.outer;
        }
        return line;
    }

    /** Whether the bound of a line has a slot for a request, or could have room for one. */
    private static boolean admits(WaitLine line, PendingRequest head) {
        SizeClass sizeClass = head.sizeClass;
        if (sizeClass.hasFreeLocked() && !head.decision.isAloneLocked()) {
            return true;
        }
        if (line == sizeClass.line) {
            return sizeClass.roomLocked() != 0;
        }
        MemoryBudget budget = sizeClass.pool.budget();
        while (budget.line != line && budget.parent() != null) {
            budget = budget.parent();
        }
        return budget.couldHoldLocked(head.decision.slotBytes());
    }

    private @Nullable PendingRequest grantAll(WaitLine outermost) {
        PendingRequest first = null;
        PendingRequest last = null;
        for (PendingRequest head = outermost.head(); head != null; head = outermost.head()) {
            settleLocked();
            WaitLine refusing = refusing(head);
            if (refusing == outermost) {
                break;
            }
            if (refusing == null && attemptFor(head)) {
                leaveLocked(head);
                if (head.decision.isTaken()) {
                    head.sizeClass.counts.misses++;
                }
                if (last == null) {
                    first = head;
                } else {
                    last.nextGranted = head;
                }
                last = head;
                followLocked(head);
            }
            passOutward(refusing == null ? head.sizeClass.line : refusing);
        }
        return first;
    }

    /** The innermost line on the way of a request whose bound does not admit it. */
    private static @Nullable WaitLine refusing(PendingRequest head) {
        for (WaitLine line = head.sizeClass.line; line != null; line = line.outer) {
            if (!admits(line, head)) {
                return line;
            }
        }
        return null;
    }

    /** Whether a request got something, if only an error. */
    private boolean attemptFor(PendingRequest request) {
        LedgerDecision decision = request.decision;
        decision.reset();
        try {
            attempt(decision);
        } catch (RuntimeException | Error e) {
            decision.fail(e);
        }
        if (decision.isRefused()) {
            // Somebody took a slot of what was to be reclaimed. Rare, so what was is freed here, under the lock.
            decision.freeReclaimed();
            return false;
        }
        return true;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    private boolean leaveLocked(PendingRequest request) {
        WaitLine line = request.line;
        if (line == null) {
            return false;
        }
        line.remove(request);
        request.sizeClass.pool.leaveLocked();
        pending--;
        return true;
    }

    /**
     * A request is about to end; if it was waiting, those who stood behind it may be served now. A request that was
     * granted left its line before, and never stands in one again: so null, once seen, needs no lock.
     */
    void leave(PendingRequest request) {
        if (request.line == null) {
            return;
        }
        PendingRequest granted = null;
        synchronized (this) {
            if (leaveLocked(request)) {
                granted = grantFrom(request.sizeClass.line);
            }
        }
        GrantDelivery.deliver(granted);
    }

    /** Takes the requests of one pool out of their lines, to be told that it is closed. */
    @Nullable PendingRequest leaveAll(BufferPool pool, PoolClosedException closed) {
        PendingRequest left = null;
        synchronized (this) {
            for (SizeClass sizeClass : pool.sizeClasses()) {
                for (PendingRequest head = sizeClass.line.first(); head != null; head = sizeClass.line.first()) {
                    leaveLocked(head);
                    head.decision.fail(closed);
                    head.nextGranted = left;
                    left = head;
                }
            }
        }
        return left;
    }

    /** A request and what it waits for. */
    record Standing(PendingRequest request, String reason) {}

    /** The requests of one pool that have waited longest, oldest first. Of each size, few are looked at. */
    List<Standing> oldestWaiting(BufferPool pool, int most) {
        List<PendingRequest> oldest = new ArrayList<>();
        synchronized (this) {
            for (SizeClass sizeClass : pool.sizeClasses()) {
                PendingRequest next = sizeClass.line.first();
                for (int i = 0; i < most && next != null; i++) {
                    oldest.add(next);
                    next = next.next;
                }
            }
            oldest.sort(Comparator.comparingLong(request -> request.ticket));
            return oldest.stream()
                    .limit(most)
                    .map(request -> new Standing(request, request.sizeClass.line.reason()))
                    .toList();
        }
    }
}
