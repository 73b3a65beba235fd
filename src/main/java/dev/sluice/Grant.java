package dev.sluice;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a waiting request gets, on its way from the ledger to the request.
 *
 * <p>Grants are delivered by the thread whose release made them possible, after it has left the ledger, and one after
 * the other: what a receiver releases in turn is put at the end of the same thread's list, so no stack grows.
 */
record Grant(PendingRequest request, LedgerDecision outcome) {

    private static final ThreadLocal<@Nullable ArrayDeque<Grant>> DELIVERING = new ThreadLocal<>();

    static void deliver(List<Grant> grants) {
        ArrayDeque<Grant> mine = DELIVERING.get();
        if (mine != null) {
            mine.addAll(grants);
            return;
        }
        mine = new ArrayDeque<>(grants);
        DELIVERING.set(mine);
        try {
            for (Grant grant = mine.poll(); grant != null; grant = mine.poll()) {
                grant.deliver();
            }
        } finally {
            DELIVERING.remove();
        }
    }

    /**
     * Gives the request what it waited for, unless it has ended; calls the receiver with no lock held. A slab that was made,
     * or not made after all, may serve others too. A slot that a request declines is released, and that serves.
     */
    private void deliver() {
        try {
            if (outcome instanceof LedgerDecision.Taken taken) {
                request.grant(taken.slot());
            } else if (outcome instanceof LedgerDecision.Failed failed) {
                request.fail(failed.error());
            } else if (outcome instanceof Growth growth) {
                if (request.isDone()) {
                    growth.decline();
                } else {
                    request.grant(growth.make());
                }
            }
        } catch (OutOfMemoryError e) {
            request.fail(e);
        }
        if (!(outcome instanceof LedgerDecision.Taken)) {
            request.sizeClass.pool.ledger().serve(request.sizeClass);
        }
    }
}
