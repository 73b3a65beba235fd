package dev.sluice.flux;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/** The reports about one subscription: a counter, and a timer that looks at it. */
final class ProgressReports {

    /*
     * start() and end() may come from any threads and more than once; the first of each counts. One tick at a time is
     * scheduled: it reports, and only then schedules the next. So a slow listener delays its own reports.
     *
     * A tick is taken once: by itself when its time has come, or by end(); see Handoff. So no thread is interrupted
     * that runs a listener. End against a new tick: end() writes `ended`, then reads `tick`; arm() writes
     * `tick`, then reads `ended`. So at least one of the two takes the tick.
     *
     * The thread that raises `reporting` from 0 reports; a thread that finds it above 0 leaves, and the one that
     * reports goes round again. So reports do not overlap, and the last one, which end() schedules, is told by the
     * thread that reports then.
     */

    private static final AtomicIntegerFieldUpdater<ProgressReports> REPORTING =
            AtomicIntegerFieldUpdater.newUpdater(ProgressReports.class, "reporting");

    private final OptionalLong total;
    private final long everyNanos;
    private final Consumer<? super Progress> listener;
    private final Scheduler scheduler;
    private final CoreSubscriber<?> subscriber;

    /** Written by one thread at a time, that which emits. */
    private final AtomicLong bytes = new AtomicLong();

    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean ended = new AtomicBoolean();

    /** By the scheduler's clock; each is written before the flag that says so. */
    private volatile long startNanos;

    private volatile boolean clockRuns;
    private volatile long endNanos;
    private volatile @Nullable Handoff tick;
    private volatile int reporting;

    /** The last report was made; belongs to the one who reports. */
    private boolean told;

    ProgressReports(ProgressSchedule schedule, Consumer<? super Progress> listener, CoreSubscriber<?> subscriber) {
        this.total = schedule.totalBytes();
        this.everyNanos = schedule.everyNanos();
        this.listener = listener;
        this.scheduler = schedule.scheduler();
        this.subscriber = subscriber;
    }

    void start() {
        if (!started.get() && started.compareAndSet(false, true)) {
            startNanos = now();
            clockRuns = true;
            arm();
        }
    }

    void add(int length) {
        bytes.lazySet(bytes.get() + length);
    }

    /** A scheduler that refuses leaves no thread but this one to make the last report on. */
    void end() {
        if (ended.get()) {
            return;
        }
        endNanos = now();
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        Handoff waiting = tick;
        if (waiting != null) {
            waiting.giveUp();
        }
        if (Handoff.to(scheduler, subscriber, this::report) != null) {
            report();
        }
    }

    private void arm() {
        Handoff next = new Handoff(subscriber, this::tick);
        tick = next;
        if (next.after(scheduler, everyNanos) == null && ended.get()) {
            next.giveUp();
        }
        // If the scheduler refuses, the last report comes all the same.
    }

    private void tick() {
        report();
        arm();
    }

    private void report() {
        if (REPORTING.getAndIncrement(this) != 0) {
            return;
        }
        int missed = 1;
        do {
            tell();
            missed = REPORTING.addAndGet(this, -missed);
        } while (missed != 0);
    }

    private void tell() {
        if (told) {
            return;
        }
        told = ended.get();
        long nanos = clockRuns ? (told ? endNanos : now()) - startNanos : 0;
        try {
            listener.accept(new Progress(bytes.get(), total, Duration.ofNanos(Math.max(0, nanos)), told));
        } catch (Throwable e) {
            Operators.onErrorDropped(e, subscriber.currentContext());
        }
    }

    private long now() {
        return scheduler.now(TimeUnit.NANOSECONDS);
    }
}
