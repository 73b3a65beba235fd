package dev.sluice;

import org.jspecify.annotations.Nullable;

/**
 * Makes room in a full budget by retiring idle slabs beneath it, those of sizes that nobody wants first, of these the
 * longest unused. Everything here runs under the ledger's lock, and takes as long as what it retires, however many
 * pools there are.
 */
final class LedgerReclaim {

    /** Among so many of the longest unused slabs one is looked for that nobody wants. */
    private static final int MAX_LOOKS = 64;

    private LedgerReclaim() {}

    /**
     * The innermost budget that lacks room even if all idle memory beneath it went. A request must wait there and
     * nowhere further in: a budget inside may lack room too, but could make it, and nothing that happens outside of it
     * would come to those who wait at it.
     */
    static @Nullable MemoryBudget fullLocked(MemoryBudget budget, int bytes) {
        for (MemoryBudget b = budget; b != null; b = b.parent()) {
            if (!b.couldHoldLocked(bytes)) {
                return b;
            }
        }
        return null;
    }

    /** Retires idle slabs until a budget and all above it have room; the caller has asked {@link #fullLocked}. */
    static void retireLocked(MemoryBudget budget, int bytes, LedgerDecision forDecision) {
        for (MemoryBudget b = budget; b != null; b = b.parent()) {
            while (bytes > b.available()) {
                Slab victim = longestUnused(b);
                if (victim == null) {
                    break; // somebody took a slot of what was to be reclaimed
                }
                long freed = victim.bytesLocked();
                if (victim.sizeClass.retireLocked(victim)) {
                    victim.sizeClass.counts.reclaimedBytes += freed;
                    forDecision.reclaim(victim);
                }
            }
        }
    }

    private static @Nullable Slab longestUnused(MemoryBudget budget) {
        SlabIdleList.Node oldest = budget.idle.oldest();
        SlabIdleList.Node node = oldest;
        for (int looks = 0; node != null && looks < MAX_LOOKS; looks++) {
            if (node.slab.sizeClass.demandLocked() == 0) {
                return node.slab;
            }
            node = node.next();
        }
        return oldest == null ? null : oldest.slab;
    }
}
