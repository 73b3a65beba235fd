package dev.sluice;

import static dev.sluice.Messages.message;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a lease that became garbage without being released.
 *
 * @param pool the name of the pool
 * @param length the bytes that the lease was taken for
 * @param capacity the bytes that it pinned and that went back to the budget
 * @param holder the holder named when the lease was taken, as text; null if none was named
 * @param takenAt the stack that took the lease, innermost frame of the caller first; empty if a holder was named
 * @param lastTouch the hint of the last {@link PooledBuffer#touch}, as text; null if there was none
 * @param age the time from taking the lease to finding it lost; of a share, from taking the lease it was made of
 */
public record LeakReport(
        String pool,
        int length,
        int capacity,
        @Nullable String holder,
        List<StackTraceElement> takenAt,
        @Nullable String lastTouch,
        Duration age) {

    /**
     * The place that leaks: reports of one place are logged once.
     *
     * @return the holder if there is one, else the innermost frame of the caller
     */
    public String place() {
        return place(holder, takenAt);
    }

    static String place(@Nullable String holder, List<StackTraceElement> takenAt) {
        if (holder != null) {
            return holder;
        }
        return takenAt.isEmpty() ? "unknown" : takenAt.get(0).toString();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(256)
                .append(message(
                        "lost lease of %,d bytes (%,d pinned) of pool '%s', taken %s ago by %s",
                        length, capacity, pool, age, place()));
        if (lastTouch != null) {
            text.append(", last touch: ").append(lastTouch);
        }
        for (StackTraceElement frame : takenAt) {
            text.append("\n\tat ").append(frame);
        }
        return text.toString();
    }
}
