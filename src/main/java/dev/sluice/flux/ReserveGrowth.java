package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who may take more than a place claims, among all operators of the pools on one outermost budget that gather results
 * of any size, such as {@code join}.
 *
 * <p>Such an operator holds the buffer that is full while it waits for a larger one; so several could wait for one
 * another. Therefore the one that came first goes on at any time, and another only if what is left then would do for
 * the largest that any of them may still want, and for what the pipelines that are inside may take meanwhile, up to
 * half of the budget. So the first has room, and gives back what it holds when its result is
 * used.
 */
final class ReserveGrowth {

    /** One operator that gathers a result. Its numbers are guarded by the lock. */
    static final class Grower {
        private final BufferPool pool;
        private final Runnable goesOn;
        private long heldBytes;
        private long wantedBytes;
        private long mostBytes;
        private boolean waits;

        /**
         * Makes a grower.
         *
         * @param goesOn run when it may ask again, on the thread of the one that has ended
         */
        Grower(BufferPool pool, Runnable goesOn) {
            this.pool = pool;
            this.goesOn = goesOn;
        }

        private long stillWantedBytes() {
            return wantedBytes >= mostBytes && !waits ? 0 : mostBytes;
        }
    }

    /** Guarded by the lock of the reserve, which is asked together with this. */
    private static final Map<MemoryBudget, ReserveGrowth> TREES = new HashMap<>();

    private final Set<Grower> inOrder = new LinkedHashSet<>();

    private ReserveGrowth() {}

    /**
     * Asks whether a grower may take a larger buffer.
     *
     * @param heldBytes what it holds until it has copied that
     * @param wantedBytes how large the next buffer is
     * @param mostBytes how large the largest is that it may want
     * @return whether it may; if not, it is told when to ask again
     */
    static boolean begin(Grower grower, long heldBytes, long wantedBytes, long mostBytes) {
        boolean may;
        synchronized (Reserve.LOCK) {
            ReserveGrowth tree =
                    TREES.computeIfAbsent(ReserveLimits.outermost(grower.pool), unused -> new ReserveGrowth());
            tree.inOrder.add(grower);
            grower.heldBytes = heldBytes;
            grower.wantedBytes = wantedBytes;
            grower.mostBytes = Math.max(wantedBytes, mostBytes);
            may = tree.may(grower);
            grower.waits = !may;
        }
        if (may) {
            Reserve.reconsider(); // what others collect may not fit beside this one
        }
        return may;
    }

    /** The result of a grower is out, or nobody wants it. May be called more than once. */
    static void end(Grower grower) {
        List<Grower> next = new ArrayList<>();
        synchronized (Reserve.LOCK) {
            MemoryBudget key = ReserveLimits.outermost(grower.pool);
            ReserveGrowth tree = TREES.get(key);
            if (tree == null || !tree.inOrder.remove(grower)) {
                return;
            }
            if (tree.inOrder.isEmpty()) {
                TREES.remove(key);
            }
            for (Grower each : tree.inOrder) {
                if (each.waits && tree.may(each)) {
                    each.waits = false;
                    next.add(each);
                }
            }
        }
        next.forEach(each -> each.goesOn.run());
        Reserve.reconsider();
    }

    private boolean may(Grower grower) {
        if (inOrder.iterator().next() == grower) {
            return true;
        }
        for (MemoryBudget budget = grower.pool.budget(); budget != null; budget = budget.parent()) {
            long largest = grower.wantedBytes < grower.mostBytes ? grower.mostBytes : 0;
            for (Grower each : inOrder) {
                if (each != grower && isBeneath(each.pool, budget)) {
                    largest = Math.max(largest, each.stillWantedBytes());
                }
            }
            long others = Math.min(Reserve.claimedBeneath(budget), budget.limit() / 2);
            if (budget.available() + budget.idle() - grower.wantedBytes < largest + others) {
                return false;
            }
        }
        return true;
    }

    static boolean isBeneath(BufferPool pool, MemoryBudget budget) {
        for (MemoryBudget each = pool.budget(); each != null; each = each.parent()) {
            if (each == budget) {
                return true;
            }
        }
        return false;
    }

    /** What growers hold and will, beneath a budget, so that the reserve does not ask for the same. With the lock. */
    static long bytesBeneath(MemoryBudget budget) {
        long sum = 0;
        for (ReserveGrowth tree : TREES.values()) {
            boolean isFirst = true;
            for (Grower each : tree.inOrder) {
                if (isBeneath(each.pool, budget)) {
                    sum += each.heldBytes + (isFirst ? each.mostBytes : each.waits ? 0 : each.wantedBytes);
                }
                isFirst = false;
            }
        }
        return sum;
    }
}
