package dev.sluice;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keeps the watched leases of all pools, and the one daemon thread that deals with those that became garbage. */
final class LostLeases {

    static final ReferenceQueue<LeaseWatch> QUEUE = new ReferenceQueue<>();

    /** Frames of these classes are not where a lease was taken. */
    static final Set<String> ENGINE = Set.of(
            LeaseWatch.class.getName(),
            LeaseWatch.Lost.class.getName(),
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
        Thread thread = new Thread(LostLeases::recoverForever, "sluice-lost-leases");
        thread.setDaemon(true);
        thread.start();
    }

    private LostLeases() {}

    static Stripe stripe() {
        return STRIPES[(int) Thread.currentThread().getId() & (STRIPES.length - 1)];
    }

    static void watch(LeaseWatch.Lost lost) {
        lost.stripe.add(lost);
    }

    static void unwatch(LeaseWatch.Lost lost) {
        lost.stripe.remove(lost);
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

        private LeaseWatch.@Nullable Lost head;

        synchronized void add(LeaseWatch.Lost lost) {
            LeaseWatch.Lost second = head;
            lost.next = second;
            if (second != null) {
                second.previous = lost;
            }
            head = lost;
        }

        /** Does nothing for one that is not in the list. */
        synchronized void remove(LeaseWatch.Lost lost) {
            LeaseWatch.Lost before = lost.previous;
            LeaseWatch.Lost after = lost.next;
            if (before != null) {
                before.next = after;
            } else if (head == lost) {
                head = after;
            }
            if (after != null) {
                after.previous = before;
            }
            lost.previous = null;
            lost.next = null;
        }
    }
}
