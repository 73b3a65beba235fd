package dev.sluice.flux;

import java.time.Duration;

/** What an operator refuses when it is assembled. */
final class Arguments {

    private Arguments() {}

    static void atLeast(long least, long number, String what) {
        if (number < least) {
            throw new IllegalArgumentException(
                    Messages.message("%s must be at least %,d, not %,d", what, least, number));
        }
    }

    /** At least one nanosecond, at most what a {@code long} holds. */
    static long nanos(Duration duration, String what) {
        if (duration.isZero() || duration.isNegative()) {
            throw new IllegalArgumentException(Messages.message("%s must be above zero, not %s", what, duration));
        }
        return duration.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0 ? Long.MAX_VALUE : duration.toNanos();
    }
}
