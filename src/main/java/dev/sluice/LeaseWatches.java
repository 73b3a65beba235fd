package dev.sluice;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what is left of the watched leases of all pools, and runs the one daemon thread that deals with those that
 * became garbage.
 *
 * <p>The thread runs while anything is watched, and a little longer. Watch against the end of the thread: the watcher
 * adds to a stripe, then asks whether the thread runs; the thread says that it does not run, then looks into all
 * stripes once more. One of them sees the other and starts it anew.
 */
final class LeaseWatches {

    static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();

    /** How long the thread waits before it sees whether anything is left to watch. */
    private static final int LOOK_MILLIS = 1_000;

    private static final Stripe[] STRIPES = new Stripe[16];

    /** The pools that have charged something: apart, because a search for leases need not pass them. */
    private static final Stripe POOLS = new Stripe();

    private static final AtomicBoolean RUNNING = new AtomicBoolean();

    static {
        for (int i = 0; i < STRIPES.length; i++) {
            STRIPES[i] = new Stripe();
        }
    }

    private LeaseWatches() {}

    static Stripe stripe() {
        return STRIPES[(int) Thread.currentThread().getId() & (STRIPES.length - 1)];
    }

    static Stripe pools() {
        return POOLS;
    }

    static void watch(Remains watched) {
        watched.stripe.add(watched);
        ensureRunning();
    }

    /** Begins to watch; the caller sees to it that the thread runs once it holds no lock. */
    static void watchLater(Remains watched) {
        watched.stripe.add(watched);
    }

    static void ensureRunning() {
        if (!RUNNING.get()) {
            start();
        }
    }

    static void unwatch(Remains watched) {
        watched.stripe.remove(watched);
    }

    /** Where no thread can be had, what is lost waits for the next watch, which tries again. */
    private static void start() {
        if (RUNNING.compareAndSet(false, true)) {
            try {
                PoolThreads.daemon(LeaseWatches::recoverWhileWatching, "sluice-lost-leases")
                        .start();
            } catch (RuntimeException | Error e) {
                RUNNING.set(false);
                EventLogOnce.TROUBLE.warn("there is no thread to look for lost leases", e);
            }
        }
    }

    private static void recoverWhileWatching() {
        try {
            do {
                recoverOne();
            } while (isWatching() || !stop());
        } catch (RuntimeException | Error e) {
            RUNNING.set(false);
            EventLogOnce.TROUBLE.warn(
                    "the thread that looks for lost leases ends; the next watched lease starts another", e);
        }
    }

    /** Ends the thread, unless something is watched by now and nobody else has started another. */
    private static boolean stop() {
        RUNNING.set(false);
        return !(isWatching() && RUNNING.compareAndSet(false, true));
    }

    private static void recoverOne() {
        try {
            Remains remains = (Remains) QUEUE.remove(LOOK_MILLIS);
            if (remains == null) {
                POOLS.settle();
            } else {
                recover(remains);
            }
        } catch (InterruptedException e) {
            EventLogOnce.TROUBLE.warn("nobody stops this thread: going on", e);
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("the ledgers of dropped pools could not be settled", e);
        }
    }

    /** Sets the accounts right after something watched became garbage. Never throws. */
    static void recover(Remains remains) {
        try {
            unwatch(remains);
            remains.recover();
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("a lost lease could not be recovered", e);
        }
    }

    private static boolean isWatching() {
        for (Stripe stripe : STRIPES) {
            if (!stripe.isEmpty()) {
                return true;
            }
        }
        return !POOLS.isEmpty();
    }

    /** Whether the thread runs: for tests. */
    static boolean isRunning() {
        return RUNNING.get();
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

    /** What is left of something watched, once that is garbage. It must not reach what it watches. */
    abstract static class Remains extends WeakReference<Object> {

        /** Neighbours in the list of the stripe, which guards them. */
        private @Nullable Remains previous;

        private @Nullable Remains next;

        private final Stripe stripe;

        Remains(Object watched, Stripe stripe) {
            super(watched, QUEUE);
            this.stripe = stripe;
        }

        /** Sets the accounts right; runs on the thread of {@link LeaseWatches}, when this is watched no more. */
        abstract void recover();
    }

    /**
     * A list of what is watched: what is not referenced would not be enqueued. Striped, so that threads do not meet.
     */
    static final class Stripe {

        /** So many are looked at under the lock, for which those wait who take and release watched leases. */
        private static final int MAX_LOOKS = 4_096;

        private @Nullable Remains newest;
        private @Nullable Remains oldest;

        synchronized void add(Remains watched) {
            Remains second = newest;
            watched.next = second;
            if (second == null) {
                oldest = watched;
            } else {
                second.previous = watched;
            }
            newest = watched;
        }

        /** Does nothing for one that is not in the list. */
        synchronized void remove(Remains watched) {
            Remains before = watched.previous;
            Remains after = watched.next;
            if (before != null) {
                before.next = after;
            } else if (newest == watched) {
                newest = after;
            }
            if (after != null) {
                after.previous = before;
            } else if (oldest == watched) {
                oldest = before;
            }
            watched.previous = null;
            watched.next = null;
        }

        /** Settles what dropped pools have left unsettled. */
        void settle() {
            for (PoolCharges.Token token : tokens()) {
                token.settle();
            }
        }

        private synchronized List<PoolCharges.Token> tokens() {
            List<PoolCharges.Token> tokens = new ArrayList<>();
            for (Remains next = oldest; next != null; next = next.previous) {
                if (next instanceof PoolCharges.Token token) {
                    tokens.add(token);
                }
            }
            return tokens;
        }

        synchronized boolean isEmpty() {
            return newest == null;
        }

        synchronized boolean find(BufferPool pool, List<LeaseWatch.Lost> found) {
            Remains next = oldest;
            for (int looks = 0; next != null && looks < MAX_LOOKS; looks++) {
                if (next instanceof LeaseWatch.Lost lost && lost.pool() == pool && !lost.refersTo(null)) {
                    found.add(lost);
                }
                next = next.previous;
            }
            return next == null;
        }
    }
}
