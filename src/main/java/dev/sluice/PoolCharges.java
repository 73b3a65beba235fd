package dev.sluice;

/**
 * What a pool has charged to its budget: all that is left of a pool that nobody can reach any more, leases that were
 * lost unwatched included. Then its bytes are credited, so that the pools that share the budget can have them.
 *
 * <p>Watched while anything is charged. The ledger keeps it, and no static list does: by way of the budget, it reaches
 * what is idle there, and so the pool. The budget, the ledger and the clock do not refer to a pool that has nothing
 * idle and nobody waiting; a pool that has is kept until its idle memory has gone, by its timer.
 */
final class PoolCharges extends LeaseWatches.Remains {

    /** Keeps the thread of {@link LeaseWatches} while this can still be recovered. */
    static final class Token extends LeaseWatches.Remains {

        Token(PoolCharges charges) {
            super(charges, LeaseWatches.pools());
        }

        /** The budget is garbage, too: there is nobody to credit. */
        @Override
        void recover() {}

        /** Has the ledger look at what is unsettled, so that it does not keep the pool. */
        void settle() {
            if (get() instanceof PoolCharges charges) {
                charges.budget.ledger().settle();
            }
        }
    }

    private final MemoryBudget budget;
    private final Token token = new Token(this);

    /** Guarded by the ledger. */
    private long bytes;

    PoolCharges(BufferPool pool) {
        super(pool, pool.ledger().charged);
        this.budget = pool.budget();
    }

    void chargeLocked(long charged) {
        budget.chargeLocked(charged);
        if (bytes == 0) {
            LeaseWatches.watchLater(this);
            LeaseWatches.watchLater(token);
        }
        bytes += charged;
    }

    void creditLocked(long credited) {
        budget.creditLocked(credited);
        bytes -= credited;
        if (bytes == 0) {
            LeaseWatches.unwatch(this);
            LeaseWatches.unwatch(token);
        }
    }

    long bytesLocked() {
        return bytes;
    }

    @Override
    void recover() {
        budget.ledger().creditForgotten(budget, this);
    }

    /** The bytes that are charged, for the last time. */
    long forgetLocked() {
        long left = bytes;
        bytes = 0;
        LeaseWatches.unwatch(token);
        return left;
    }
}
