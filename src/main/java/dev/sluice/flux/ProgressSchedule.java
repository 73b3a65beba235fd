package dev.sluice.flux;

import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * When, where and of how many bytes {@link BufferFlux#progress} reports; made by {@link Progress#every}.
 *
 * <p>Immutable: each method returns another schedule.
 */
public final class ProgressSchedule {

    private final long everyNanos;
    private final OptionalLong totalBytes;

    /** Null for the one of files. */
    private final @Nullable Scheduler scheduler;

    private ProgressSchedule(long everyNanos, OptionalLong totalBytes, @Nullable Scheduler scheduler) {
        this.everyNanos = everyNanos;
        this.totalBytes = totalBytes;
        this.scheduler = scheduler;
    }

    static ProgressSchedule every(Duration time) {
        long nanos = Arguments.nanos(time, "the time between reports");
        return new ProgressSchedule(nanos, OptionalLong.empty(), null);
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
     * Says where the listener is called, and by whose clock: by default that of sources that
     * may block, {@link ByteSources#scheduler()}.
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
        return scheduler == null ? FileThreads.scheduler() : scheduler;
    }
}
