package dev.sluice.flux;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How far a sequence of buffers has come: what {@link BufferFlux#progress} reports.
 *
 * @param bytes how many bytes have been passed on
 * @param total how many there will be, if that is known
 * @param elapsed how long it took, since the first request
 * @param done whether this is the last report: the sequence has completed, has failed or was cancelled
 */
public record Progress(long bytes, OptionalLong total, Duration elapsed, boolean done) {

    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * Makes a report.
     *
     * @param bytes how many bytes have been passed on
     * @param total how many there will be, if that is known
     * @param elapsed how long it took, since the first request
     * @param done whether this is the last report: the sequence has completed, has failed or was cancelled
     */
    public Progress {
        Objects.requireNonNull(total, "total");
        Objects.requireNonNull(elapsed, "elapsed");
    }

    /**
     * Says how often to report, as the first argument of {@link BufferFlux#progress}.
     *
     * @param time the time between reports, above zero
     * @return a schedule of reports
     * @throws IllegalArgumentException if the time is not above zero
     */
    public static ProgressSchedule every(Duration time) {
        return ProgressSchedule.every(time);
    }

    /**
     * The mean throughput so far.
     *
     * @return bytes in a second; 0 if no time has passed
     */
    public double bytesPerSecond() {
        double nanos = nanos();
        return nanos <= 0 ? 0 : bytes / (nanos / NANOS_PER_SECOND);
    }

    /**
     * How much of the whole is done.
     *
     * @return from 0 to 1, even if there are more bytes than were announced; 1 if none were announced; empty if the
     *     total is not known
     */
    public OptionalDouble fraction() {
        if (total.isEmpty()) {
            return OptionalDouble.empty();
        }
        long all = total.getAsLong();
        return OptionalDouble.of(bytes >= all ? 1 : (double) bytes / all);
    }

    /**
     * How long the rest takes if it goes on as it did so far.
     *
     * @return the time; zero if there is no rest; empty if the total is not known, or nothing has come yet
     */
    public Optional<Duration> remaining() {
        if (total.isEmpty() || (bytes == 0 && total.getAsLong() > 0)) {
            return Optional.empty();
        }
        long rest = Math.max(0, total.getAsLong() - bytes);
        return Optional.of(rest == 0 ? Duration.ZERO : Duration.ofNanos((long) (nanos() / bytes * rest)));
    }

    /** As a number that does not overflow. */
    private double nanos() {
        return elapsed.getSeconds() * NANOS_PER_SECOND + elapsed.getNano();
    }
}
