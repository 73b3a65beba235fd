package dev.sluice;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keeps the watched leases of all pools, and the one daemon thread that deals with those that became garbage. */
final class LeaseWatches {

    static final ReferenceQueue<LeaseWatch> QUEUE = new ReferenceQueue<>();

    /** Frames of these classes are not where a lease was taken. */
    static final Set<String> ENGINE = Set.of(
            LeaseWatch.class.getName(),
            LeaseWatch.Lost.class.getName(),
            LeaseTrace.class.getName(),
            Slot.class.getName(),
            Lease.class.getName(),
            SharedLease.class.getName(),
            Ledger.class.getName(),
            Grant.class.getName(),
            BufferPool.class.getName(),
            BufferPools.class.getName());

    private static final System.Logger LOG = System.getLogger("dev.sluice");

    private static final Stripe[] STRIPES = new Stripe[16];

    static {
        for (int i = 0; i < STRIPES.length; i++) {
            STRIPES[i] = new Stripe();
        }
        Thread thread = new Thread(LeaseWatches::recoverForever, "sluice-lost-leases");
        thread.setDaemon(true);
        thread.start();
    }

    private LeaseWatches() {}

    static Stripe stripe() {
        return STRIPES[(int) Thread.currentThread().getId() & (STRIPES.length - 1)];
    }

    static void watch(LeaseWatch.Lost lost) {
        lost.stripe.add(lost);
    }

    static void unwatch(LeaseWatch.Lost lost) {
        lost.stripe.remove(lost);
    }

    /**
     * Finds the watched leases of a pool.
     *
     * @param found gets them, in no order
     * @return whether all were looked at; if not, those that were are the oldest
     */
    static boolean find(BufferPool pool, List<LeaseWatch.Lost> found) {
        boolean all = true;
        for (Stripe stripe : STRIPES) {
            all &= stripe.find(pool, found);
        }
        return all;
    }

    private static void recoverForever() {
        while (true) {
            try {
                Reference<?> reference = QUEUE.remove();
                LeaseWatch.Lost lost = (LeaseWatch.Lost) reference;
                unwatch(lost);
                lost.recover();
            } catch (InterruptedException e) {
                LOG.log(System.Logger.Level.DEBUG, "nobody stops this thread: going on", e);
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.WARNING, "a lost lease could not be recovered", e);
            }
        }
    }

    /** A list of watched leases: what is not referenced would not be enqueued. Striped, so that threads do not meet. */
    static final class Stripe {

        /** So many are looked at under the lock, for which those wait who take and release watched leases. */
        private static final int MOST_LOOKS = 4_096;

        private LeaseWatch.@Nullable Lost newest;
        private LeaseWatch.@Nullable Lost oldest;

        synchronized void add(LeaseWatch.Lost lost) {
            LeaseWatch.Lost second = newest;
            lost.next = second;
            if (second == null) {
                oldest = lost;
            } else {
                second.previous = lost;
            }
            newest = lost;
        }

        /** Does nothing for one that is not in the list. */
        synchronized void remove(LeaseWatch.Lost lost) {
            LeaseWatch.Lost before = lost.previous;
            LeaseWatch.Lost after = lost.next;
            if (before != null) {
                before.next = after;
            } else if (newest == lost) {
                newest = after;
            }
            if (after != null) {
                after.previous = before;
            } else if (oldest == lost) {
                oldest = before;
            }
            lost.previous = null;
            lost.next = null;
        }

        synchronized boolean find(BufferPool pool, List<LeaseWatch.Lost> found) {
            LeaseWatch.Lost next = oldest;
            for (int looks = 0; next != null && looks < MOST_LOOKS; looks++) {
                if (next.pool() == pool && !next.refersTo(null)) {
                    found.add(next);
                }
                next = next.previous;
            }
            return next == null;
        }
    }
}
