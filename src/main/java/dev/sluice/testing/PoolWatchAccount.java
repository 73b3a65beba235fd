package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PoolDump;
import dev.sluice.PoolStats;

/** What a pool had out at one time. */
record PoolWatchAccount(PoolStats stats) {

    static PoolWatchAccount of(BufferPool pool) {
        return new PoolWatchAccount(pool.stats());
    }

    boolean isAtRest() {
        return stats.buffersInUse() == 0 && stats.pending() == 0 && stats.demand() == 0;
    }

    /** What a test could have left. */
    Left left() {
        return new Left(stats.buffersInUse() + stats.lost(), stats.pending(), stats.demand());
    }

    /**
     * What a pool still has out when a test or a class should be done with it.
     *
     * @param unreleased buffers that were leased and never released, lost ones included: acquisitions - releases
     * @param pending requests that wait
     * @param demand buffers that are wanted
     */
    record Left(long unreleased, long pending, long demand) {

        boolean isNoMoreThan(Left before) {
            return unreleased <= before.unreleased && pending <= before.pending && demand <= before.demand;
        }

        /** With all by which one is more than another. */
        Left plusExcess(Left more, Left less) {
            return new Left(
                    unreleased + Math.max(0, more.unreleased - less.unreleased),
                    pending + Math.max(0, more.pending - less.pending),
                    demand + Math.max(0, more.demand - less.demand));
        }

        @Override
        public String toString() {
            return message("%,d unreleased, %,d pending, demand for %,d", unreleased, pending, demand);
        }
    }

    /** All numbers, and the leases that are out, as far as they are watched; in lines of their own. */
    static String report(BufferPool pool) {
        PoolDump dump = pool.dump();
        StringBuilder text = new StringBuilder(1_024).append('\n').append(dump);
        for (PoolDump.Holding lease : dump.oldest()) {
            if (!lease.takenAt().isEmpty()) {
                text.append(message("\na lease of %,d bytes was taken", lease.length()));
                lease.takenAt().forEach(frame -> text.append("\n\tat ").append(frame));
            }
        }
        return text.append('\n').append(pool.budget()).toString();
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
