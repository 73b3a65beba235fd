package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waiting for a condition until a deadline. Not thread-safe. */
final class Patience {

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Duration given;
    private final long began = System.nanoTime();

    private Patience(Duration given) {
        this.given = given;
    }

    static Patience of(Duration given) {
        return new Patience(given);
    }

    /** Waits a little; false once the time is over. */
    boolean goesOn() {
        if (isOver()) {
            return false;
        }
        rest();
        return true;
    }

    /** Lets others work. */
    static void rest() {
        LockSupport.parkNanos(POLL_NANOS);
    }

    boolean isOver() {
        return isOverBy(Duration.ZERO);
    }

    boolean isOverBy(Duration more) {
        return System.nanoTime() - began >= given.plus(more).toNanos();
    }

    @Override
    public String toString() {
        return given.isZero() ? "" : message(" after %,d ms", given.toMillis());
    }
}
