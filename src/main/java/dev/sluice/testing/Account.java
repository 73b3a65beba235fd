package dev.sluice.testing;

import static dev.sluice.testing.Text.message;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;

/** What a pool had out at one time. */
record Account(PoolStats stats) {

    static Account of(BufferPool pool) {
        return new Account(pool.stats());
    }

    boolean isAtRest() {
        return stats.buffersInUse() == 0 && stats.pending() == 0 && stats.demand() == 0;
    }

    /** Buffers that were leased and never released, lost ones included: acquisitions - releases. */
    long unreleased() {
        return stats.buffersInUse() + stats.lost();
    }

    /** Whether there is no more out, wanted or lost than there was before. */
    boolean isNoMoreThan(Account before) {
        return unreleased() <= before.unreleased()
                && stats.pending() <= before.stats.pending()
                && stats.demand() <= before.stats.demand();
    }

    /** The leases that are out, as far as they are watched, and all numbers, in lines of their own. */
    String report(BufferPool pool) {
        return "\n" + pool + "\n" + pool.budget();
    }

    @Override
    public String toString() {
        return message(
                "%,d in flight (%,d bytes), %,d lost, %,d pending, demand for %,d (%,d bytes)",
                stats.buffersInUse(),
                stats.bytesInUse(),
                stats.lost(),
                stats.pending(),
                stats.demand(),
                stats.demandBytes());
    }
}
