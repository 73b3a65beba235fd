package dev.sluice.flux;

import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * When, where and of how many bytes {@link BufferFlux#progress} reports; made by {@link Progress#every}.
 *
 * <p>Immutable: each method returns another schedule.
 */
public final class ProgressSchedule {

    private final long everyNanos;
    private final OptionalLong totalBytes;
    private final Scheduler scheduler;

    private ProgressSchedule(long everyNanos, OptionalLong totalBytes, Scheduler scheduler) {
        this.everyNanos = everyNanos;
        this.totalBytes = totalBytes;
        this.scheduler = scheduler;
    }

    static ProgressSchedule every(Duration time) {
        long nanos = Arguments.nanos(time, "the time between reports");
        return new ProgressSchedule(nanos, OptionalLong.empty(), Schedulers.boundedElastic());
    }

    /**
     * Says how many bytes there are, so that reports say how many are left.
     *
     * @param totalBytes how many there are, at least 0; nothing depends on it but the reports
     * @return a schedule that says so
     * @throws IllegalArgumentException if the total is negative
     */
    public ProgressSchedule ofBytes(long totalBytes) {
        Arguments.atLeast(0, totalBytes, "the total");
        return new ProgressSchedule(everyNanos, OptionalLong.of(totalBytes), scheduler);
    }

    /**
     * Says where the listener is called, and by whose clock: by default {@link Schedulers#boundedElastic()}.
     *
     * @param scheduler the scheduler; if the listener blocks, its threads must be allowed to
     * @return a schedule that says so
     */
    public ProgressSchedule on(Scheduler scheduler) {
        return new ProgressSchedule(everyNanos, totalBytes, Objects.requireNonNull(scheduler, "scheduler"));
    }

    long everyNanos() {
        return everyNanos;
    }

    OptionalLong totalBytes() {
        return totalBytes;
    }

    Scheduler scheduler() {
        return scheduler;
    }
}
