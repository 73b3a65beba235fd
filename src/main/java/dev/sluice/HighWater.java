package dev.sluice;

import java.util.concurrent.atomic.AtomicLong;

/** A count that remembers the most it ever was. For what changes seldom: buffers made and bytes charged. */
final class HighWater {

    private final AtomicLong now = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();

    /** Adds, and returns the new count. */
    long add(long delta) {
        long sum = now.addAndGet(delta);
        if (sum > peak.get()) {
            peak.accumulateAndGet(sum, Math::max);
        }
        return sum;
    }

    long now() {
        return now.get();
    }

    long peak() {
        return peak.get();
    }
}
