package dev.sluice;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/** The leases that share memory which was lent, counted so that the lender learns when the last of them has ended. */
final class LeaseLoan {

    private static final AtomicIntegerFieldUpdater<LeaseLoan> SHARES =
            AtomicIntegerFieldUpdater.newUpdater(LeaseLoan.class, "shares");

    /** What may write into the memory once it is back; null if nothing does on the word of this loan alone. */
    private final @Nullable PooledBuffer lender;

    private final Runnable whenBack;

    /** The loan that the lender itself is part of. */
    private final @Nullable LeaseLoan outer;

    /** 0 is final: a share that is retained while the last one ends finds the loan over, or is counted before. */
    private volatile int shares = 1;

    LeaseLoan(@Nullable PooledBuffer lender, Runnable whenBack, @Nullable LeaseLoan outer) {
        this.lender = lender;
        this.whenBack = Objects.requireNonNull(whenBack, "whenBack");
        this.outer = outer;
    }

    /** Counts one share more; false if the last has ended. */
    boolean extend() {
        int now;
        do {
            now = shares;
            if (now == 0) {
                return false;
            }
        } while (!SHARES.compareAndSet(this, now, now + 1));
        return true;
    }

    /**
     * Takes back a share that was counted and not made. The lender of a first share is told by an exception, not by the
     * loan.
     */
    void undo() {
        if (SHARES.decrementAndGet(this) == 0 && outer != null) {
            outer.end();
        }
    }

    /** Counts one share less; the caller has given it back to the slot. */
    void end() {
        if (SHARES.decrementAndGet(this) == 0) {
            try {
                whenBack.run();
            } finally {
                if (outer != null) {
                    outer.end();
                }
            }
        }
    }

    /** The same for a share that became garbage: the memory may still be seen, so the lender is done with it too. */
    void lose() {
        if (lender != null) {
            lender.release();
        }
        end();
    }
}
