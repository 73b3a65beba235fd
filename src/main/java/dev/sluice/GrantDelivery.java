package dev.sluice;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What requests get, on its way from the ledger to them.
 *
 * <p>Grants are delivered by the thread whose release made them possible, after it has left the ledger, and one after
 * the other: what a receiver releases in turn is put at the end of the same list, so no stack grows.
 *
 * <p>A receiver that blocks holds up the thread that called it, but no other receiver for longer than
 * {@value #PATIENCE_MILLIS} to {@code 2 * PATIENCE_MILLIS} ms. A list that still has something while a receiver runs is
 * looked at by a timer, and where nothing has moved since, another thread delivers what is left. So two threads may
 * take from one list, each grant once.
 */
final class GrantDelivery implements Runnable {

    static final int PATIENCE_MILLIS = 5;

    /** So many receivers may block, each on its own thread, before others have to wait for one of them. */
    private static final int MAX_RESCUERS = 64;

    private static final ThreadLocal<@Nullable GrantDelivery> MINE = new ThreadLocal<>();

    private static final Executor RESCUERS = new ThreadPoolExecutor(
            0,
            MAX_RESCUERS,
            PoolThreads.KEEP_ALIVE_MILLIS,
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            PoolThreads.named("sluice-grants"));

    /** The lists that had something while a receiver ran. */
    private static final Queue<GrantDelivery> WATCHED = new ConcurrentLinkedQueue<>();

    private static final AtomicBoolean TIMER = new AtomicBoolean();

    /** What is not delivered yet, by {@link PendingRequest#nextGranted}. Guarded by this. */
    private @Nullable PendingRequest first;

    private @Nullable PendingRequest last;
    private int taken;
    private int takenBefore;
    private boolean watched;

    private GrantDelivery() {}

    /**
     * Delivers, or leaves that to a delivery further down on this stack.
     *
     * @param granted requests that have left their lines, chained; null if there are none
     */
    static void deliver(@Nullable PendingRequest granted) {
        if (granted == null) {
            return;
        }
        try {
            GrantDelivery mine = MINE.get();
            if (mine != null) {
                mine.add(granted);
                return;
            }
            mine = new GrantDelivery();
            MINE.set(mine);
            mine.add(granted);
            mine.deliverAll();
        } catch (OutOfMemoryError e) {
            deliverHere(granted);
        }
    }

    /** Without a list, for which there is no memory. */
    private static void deliverHere(PendingRequest granted) {
        PendingRequest next = granted;
        while (next != null) {
            PendingRequest request = next;
            next = request.nextGranted;
            request.nextGranted = null;
            request.deliver();
        }
    }

    private void deliverAll() {
        try {
            for (PendingRequest request = take(); request != null; request = take()) {
                request.deliver();
            }
        } finally {
            MINE.remove();
        }
    }

    private void add(PendingRequest granted) {
        PendingRequest end = granted;
        for (PendingRequest next = end.nextGranted; next != null; next = end.nextGranted) {
            end = next;
        }
        boolean watch;
        synchronized (this) {
            if (last == null) {
                first = granted;
            } else {
                last.nextGranted = granted;
            }
            last = end;
            watch = !watched && (taken > 0 || first != last);
            watched |= watch;
        }
        if (watch) {
            watch(this);
        }
    }

    private synchronized @Nullable PendingRequest take() {
        PendingRequest next = first;
        if (next != null) {
            first = next.nextGranted;
            next.nextGranted = null;
            if (first == null) {
                last = null;
            }
            taken++;
        }
        return next;
    }

    /** Delivers what is left on a thread of its own. */
    @Override
    public void run() {
        MINE.set(this);
        deliverAll();
    }

    private static void watch(GrantDelivery list) {
        try {
            WATCHED.add(list);
            startTimer();
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("nothing looks after receivers that block others", e);
        }
    }

    private static void startTimer() {
        if (TIMER.compareAndSet(false, true)) {
            try {
                Future<?> unused = PoolClock.system()
                        .schedule(GrantDelivery::lookAtAll, TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS));
            } catch (RuntimeException | Error e) {
                TIMER.set(false);
                throw e;
            }
        }
    }

    private static void lookAtAll() {
        WATCHED.removeIf(list -> !list.isLeftAfterLook());
        TIMER.set(false);
        if (!WATCHED.isEmpty()) {
            startTimer();
        }
    }

    /** Looks whether anything has moved, and if not, has another thread deliver; false if nothing is left. */
    private boolean isLeftAfterLook() {
        boolean stuck;
        synchronized (this) {
            if (first == null) {
                watched = false;
                return false;
            }
            stuck = taken == takenBefore;
            takenBefore = taken;
        }
        if (stuck) {
            try {
                RESCUERS.execute(this);
            } catch (RuntimeException | Error e) {
                EventLogOnce.TROUBLE.warn("no thread is left to deliver what a blocked receiver holds up", e);
            }
        }
        return true;
    }
}
