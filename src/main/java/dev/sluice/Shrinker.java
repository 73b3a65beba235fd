package dev.sluice;

import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Gives back idle memory that recent demand does not justify.
 *
 * <p>At each look, one interval after the other, a size class learns its demand: the slots that were leased at any time
 * since the last look, which is the peak of what was in flight, and what subscribers and waiting requests still want.
 *
 * <pre>{@code justified = max(demand of this interval, justified / 2)}</pre>
 *
 * What exceeds it goes, a whole idle slab at a time, the longest unused first. So each interval of silence gives back
 * half of what a burst left, and the last slab goes when nothing is justified any more: after a burst of 8,192 buffers,
 * at the fifteenth look.
 *
 * <p>The timer runs only while a slab is idle that may go, or dropped memory waits for a collection that the pool may
 * ask for. Look against release: the shrinker declares itself dormant, then looks for such memory once more; a releaser
 * sets its bit, then asks whether the shrinker is dormant, as does a thread that has dropped memory. One of them sees
 * the other and arms the timer; if both do, the second finds it armed. A clock that refuses leaves the shrinker
 * dormant, and the next release tries again.
 */
final class Shrinker {

    /**
     * Closing an arena is a handshake with all threads of the JVM, which takes 0.1 to 0.4 ms of two processors. So a
     * look that closes many of them rests after each.
     */
    private static final int CLOSED_WITHOUT_REST = 8;

    private static final long REST_NANOS = 1_500_000;

    /** Where the processors are so busy that rests last longer than they should, memory goes back all the same. */
    private static final int MAX_INTERVALS_OF_REST = 2;

    private final BufferPool pool;
    private final PoolClock clock;
    private final long intervalNanos;
    private final long minIdleBytes;

    /** The look that the clock is to run: one that a clock ran although it had refused it is not carried out. */
    private volatile @Nullable Look next;

    Shrinker(BufferPool pool, PoolClock clock, long intervalNanos, long minIdleBytes) {
        this.pool = pool;
        this.clock = clock;
        this.intervalNanos = intervalNanos;
        this.minIdleBytes = minIdleBytes;
    }

    /** A look that is due at some time. */
    private final class Look implements Runnable {

        @Override
        public void run() {
            if (next == this) {
                next = null;
                lookAndGoOn();
            }
        }
    }

    /** Sees to it that the next look comes, if the pool is dormant. Never throws: a release goes on. */
    void arm() {
        if (pool.wake()) {
            lookLater(intervalNanos);
        }
    }

    private void lookLater(long delayNanos) {
        boolean armed = false;
        try {
            Look look = new Look();
            next = look;
            Future<?> unused = clock.schedule(look, delayNanos);
            armed = true;
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("the clock of a pool refused; its idle memory waits for the next release", e);
        } finally {
            if (!armed) {
                next = null;
                pool.sleep();
            }
        }
    }

    /** A look also serves those who wait, in case that a release could not. */
    private void lookAndGoOn() {
        long delayNanos = intervalNanos;
        try {
            long began = clock.nanoTime();
            Looked looked = look(true, true);
            long took = Math.max(0, clock.nanoTime() - began);
            delayNanos = Math.max(intervalNanos / 2, intervalNanos - took);
            long askedFor = pool.remains().look(looked.usedBytes, looked.freedBytes);
            if (askedFor != 0) {
                pool.events().collectionAsked(askedFor);
            }
            NativeTrim.trimOnceCalm(looked.freedBytes);
            pool.serveAll();
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("a pool could not shrink; it tries again at the next look", e);
        } finally {
            goOn(delayNanos);
        }
    }

    private void goOn(long delayNanos) {
        boolean goesOn = true;
        try {
            goesOn = hasWork();
        } finally {
            if (goesOn) {
                lookLater(delayNanos);
            } else {
                pool.sleep();
                if (hasWork()) {
                    arm();
                }
            }
        }
    }

    private boolean hasWork() {
        return pool.remains().wantsLook() || hasIdleSlabs();
    }

    private boolean hasIdleSlabs() {
        synchronized (pool.ledger()) {
            pool.ledger().settleLocked();
            return pool.idleBytesLocked() > minIdleBytes && pool.hasIdleSlabLocked();
        }
    }

    /** Shrinks to what is in use and wanted now: one look ends the interval, the next finds nothing used within it. */
    long shrinkNow() {
        return look(false, false).freedBytes + look(false, false).freedBytes;
    }

    /** Each size by itself, so that the ledger is not held for all of them at once. */
    private Looked look(boolean remember, boolean rests) {
        long usedBytes = 0;
        long freedBytes = 0;
        Rests between = new Rests(rests ? MAX_INTERVALS_OF_REST * intervalNanos : 0);
        for (SizeClass sizeClass : pool.sizeClasses()) {
            Weighing weighing = new Weighing(sizeClass);
            synchronized (pool.ledger()) {
                pool.ledger().settleLocked();
                weighing.weighLocked(remember);
            }
            usedBytes += weighing.used * sizeClass.slotBytes;
            freedBytes += giveBack(weighing, between);
        }
        return new Looked(usedBytes, freedBytes);
    }

    /**
     * Gives back what a size has too much of, slab by slab: each leaves service only when it is freed next, so that a
     * look that takes its time keeps what has not gone in reach of an acquire, and charged.
     */
    private long giveBack(Weighing weighing, Rests between) {
        SizeClass sizeClass = weighing.sizeClass;
        long bytes = 0;
        for (Slab slab = retireOne(weighing); slab != null; slab = retireOne(weighing)) {
            bytes += slab.bytesLocked();
            boolean isArena = slab.isInArena();
            slab.freeMemory(PoolEvent.SlabFreed.Reason.SHRINK);
            pool.ledger().serve(sizeClass);
            if (isArena) {
                between.closed();
            }
        }
        weighing.tell(bytes);
        return bytes;
    }

    private @Nullable Slab retireOne(Weighing weighing) {
        synchronized (pool.ledger()) {
            pool.ledger().settleLocked();
            return weighing.retireOneLocked(pool.idleBytesLocked() - minIdleBytes);
        }
    }

    /** The pauses of one look, of which one that was asked for has none. */
    private static final class Rests {

        private long leftNanos;
        private int closedAtOnce;

        Rests(long mostNanos) {
            leftNanos = mostNanos;
        }

        void closed() {
            if (closedAtOnce < CLOSED_WITHOUT_REST) {
                closedAtOnce++;
            } else if (leftNanos > 0) {
                long began = System.nanoTime();
                LockSupport.parkNanos(REST_NANOS);
                leftNanos -= System.nanoTime() - began;
            }
        }
    }

    /** The sums of a look: what was leased at some time since the last one, and what went. */
    private record Looked(long usedBytes, long freedBytes) {}

    /** What a look saw of one size, in slots, and what it decided. */
    private static final class Weighing {

        private final SizeClass sizeClass;
        private long used;
        private long demand;
        private long before;
        private long justified;
        private long slots;

        Weighing(SizeClass sizeClass) {
            this.sizeClass = sizeClass;
        }

        void weighLocked(boolean remember) {
            used = sizeClass.usedSlotsLocked();
            demand = sizeClass.demandLocked();
            before = sizeClass.justified;
            slots = sizeClass.slotsLocked();
            justified = Math.max(used + demand, remember ? before / 2 : 0);
            sizeClass.justified = justified;
        }

        /**
         * Retires the longest unused slab of those that the class has too much of, whose bytes are at most those to
         * spare; null if there is none. What is leased and wanted by now is justified too.
         */
        @Nullable Slab retireOneLocked(long spare) {
            long left = sizeClass.slotsLocked();
            long keep = Math.max(justified, sizeClass.leasedLocked() + sizeClass.demandLocked());
            SlabIdleList.Node node = left <= keep ? null : sizeClass.idle.oldest();
            while (node != null) {
                Slab slab = node.slab;
                node = node.next();
                if (left - slab.slotCountLocked() >= keep
                        && slab.bytesLocked() <= spare
                        && sizeClass.pool.ledger().retireLocked(slab) != 0) {
                    return slab;
                }
            }
            return null;
        }

        void tell(long givenBackBytes) {
            if (slots != 0 || before != 0 || justified != 0) {
                sizeClass.pool.events().weighed(sizeClass, used, demand, before, justified, slots, givenBackBytes);
            }
        }
    }

    private static long free(SizeClass sizeClass, @Nullable Slab retired, PoolEvent.SlabFreed.Reason reason) {
        long bytes = 0;
        for (Slab slab = retired; slab != null; slab = slab.nextRetired) {
            bytes += slab.bytesLocked();
            slab.freeMemory(reason);
        }
        if (bytes != 0) {
            sizeClass.pool.ledger().serve(sizeClass);
        }
        return bytes;
    }

    /** Gives back every slab of which nothing is leased, and drops the buffers that are idle in the others. */
    long clear(PoolEvent.SlabFreed.Reason reason) {
        long bytes = 0;
        for (SizeClass sizeClass : pool.sizeClasses()) {
            Slab retired = null;
            synchronized (pool.ledger()) {
                pool.ledger().settleLocked();
                SlabIdleList.Node node = sizeClass.idle.oldest();
                while (node != null) {
                    Slab slab = node.slab;
                    node = node.next();
                    if (pool.ledger().retireLocked(slab) != 0) {
                        slab.nextRetired = retired;
                        retired = slab;
                    }
                }
                sizeClass.unmakeIdleLocked();
            }
            bytes += free(sizeClass, retired, reason);
        }
        pool.remains().dropSpares();
        return bytes;
    }
}
