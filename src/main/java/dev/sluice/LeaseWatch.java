package dev.sluice;

import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a watched lease, and nothing else, holds on to: when it becomes garbage, so did the lease.
 *
 * <p>The lease itself is not referenced, so that watching one lease in a thousand does not make the others escape. A
 * release stops the watch; if the collector was faster, the release has already won the slot's state and the lost
 * lease finds nothing to do.
 */
final class LeaseWatch {

    private static final int MAX_FRAMES = 24;

    /** Frames of these classes are not where a lease was taken: those that a request passes. */
    private static final Pattern ENGINE = Pattern.compile(Pattern.quote(LeaseWatch.class.getPackageName() + '.')
            + "(Lease|LeaseTrace|LeaseWatch|SharedLease|Slot|SizeClass|Ledger"
            + "|PendingRequest|Grant|BufferPools?)(\\$.*)?");

    private final Lost lost;

    private LeaseWatch(
            Slot slot, long first, int length, @Nullable Object holder, @Nullable LeaseLoan loan, long takenNanos) {
        lost = new Lost(this, slot, first, length, holder, loan, takenNanos);
        LeaseWatches.watch(lost);
    }

    static LeaseWatch ofFirst(Slot slot, long first, int length, @Nullable Object holder) {
        return new LeaseWatch(
                slot,
                first,
                length,
                holder,
                null,
                slot.slab.sizeClass.pool.clock().nanoTime());
    }

    /**
     * A share is watched if the lease that it comes from is, and names the same holder and time: a buffer may be cut
     * into thousands of slices, and to look at the clock for each would cost a quarter of cutting them.
     */
    static @Nullable LeaseWatch ofShare(@Nullable LeaseWatch origin, Slot slot, int length, @Nullable LeaseLoan loan) {
        return origin == null
                ? null
                : new LeaseWatch(slot, Lost.SHARE, length, origin.lost.holder, loan, origin.lost.takenNanos);
    }

    /** The lease that was to be watched could not be made: so the collector is not to lose it. */
    static void forget(@Nullable LeaseWatch watch) {
        if (watch != null) {
            watch.lost.clear();
            LeaseWatches.unwatch(watch.lost);
        }
    }

    void touch(Object hint) {
        lost.lastTouch = hint;
    }

    void stop() {
        try {
            lost.clear();
            LeaseWatches.unwatch(lost);
            lost.tellHeld();
        } finally {
            // Until here the lease was not lost: a share that was would be dropped twice.
            Reference.reachabilityFence(this);
        }
    }

    /** What is left of a lease that became garbage: enough to get its bytes back and to say where it was taken. */
    static final class Lost extends LeaseWatches.Remains {

        static final long SHARE = -1;

        private final Slot slot;
        private final long first;
        private final int length;
        private final @Nullable Object holder;
        private final @Nullable LeaseLoan loan;
        private final @Nullable LeaseTrace taken;
        private final long takenNanos;
        private volatile @Nullable Object lastTouch;

        Lost(
                LeaseWatch watch,
                Slot slot,
                long first,
                int length,
                @Nullable Object holder,
                @Nullable LeaseLoan loan,
                long takenNanos) {
            super(watch, LeaseWatches.stripe());
            this.slot = slot;
            this.first = first;
            this.length = length;
            this.holder = holder;
            this.loan = loan;
            this.taken = holder == null ? new LeaseTrace() : null;
            this.takenNanos = takenNanos;
        }

        BufferPool pool() {
            return slot.slab.sizeClass.pool;
        }

        void tellHeld() {
            if (first != SHARE) {
                pool().events().held(slot.slab.slotBytes, takenNanos);
            }
        }

        /** Brings the bytes back and reports. */
        @Override
        void recover() {
            SizeClass sizeClass = slot.slab.sizeClass;
            Slot.End end = first == SHARE ? slot.loseShare() : slot.loseFirst(first);
            sizeClass.ended(slot, end);
            try {
                if (first == SHARE && loan != null) {
                    loan.lose();
                }
            } finally {
                if (end != Slot.End.STALE) {
                    pool().events().leaked(report());
                }
            }
        }

        private LeakReport report() {
            return new LeakReport(
                    pool().name(),
                    length,
                    slot.slab.slotBytes,
                    text(holder),
                    callerFrames(),
                    text(lastTouch),
                    Duration.ofNanos(ageNanos(pool().clock().nanoTime())));
        }

        long ageNanos(long now) {
            return now - takenNanos;
        }

        Slot slot() {
            return slot;
        }

        /** What is known of a lease that is out. */
        PoolDump.Holding holding(long now) {
            return new PoolDump.Holding(
                    length,
                    slot.slab.slotBytes,
                    first == SHARE,
                    Duration.ofNanos(ageNanos(now)),
                    text(holder),
                    callerFrames(),
                    text(lastTouch));
        }

        /** The text of something that the user gave, whatever that does. */
        static @Nullable String text(@Nullable Object given) {
            try {
                return given == null ? null : String.valueOf(given.toString());
            } catch (Throwable e) {
                return given.getClass().getName() + ", whose text cannot be had: " + e;
            }
        }

        private List<StackTraceElement> callerFrames() {
            if (taken == null) {
                return List.of();
            }
            return Arrays.stream(taken.getStackTrace())
                    .dropWhile(frame -> ENGINE.matcher(frame.getClassName()).matches())
                    .limit(MAX_FRAMES)
                    .toList();
        }
    }
}
