package dev.sluice;

import static org.assertj.core.api.Assertions.fail;

import dev.sluice.testing.VirtualPoolClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The listener of a test: gets the collector to run until the reports that the test expects have come. */
final class LeakReports implements Consumer<LeakReport> {

    private static final int MOST_COLLECTIONS = 200;
    private static final long WAIT_MILLIS = 50;
    private static final String CANARY = "canary";

    private final BlockingQueue<LeakReport> reports = new LinkedBlockingQueue<>();

    @Override
    public void accept(LeakReport report) {
        reports.add(report);
    }

    /** The next report. */
    LeakReport next() {
        try {
            for (int i = 0; i < MOST_COLLECTIONS; i++) {
                LeakReport report = reports.poll(i == 0 ? 0 : WAIT_MILLIS, TimeUnit.MILLISECONDS);
                if (report != null) {
                    return report;
                }
                System.gc();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return fail("no report after %d collections", MOST_COLLECTIONS);
    }

    List<LeakReport> next(int count) {
        List<LeakReport> next = new ArrayList<>();
        while (next.size() < count) {
            next.add(next());
        }
        return next;
    }

    /**
     * The reports that came until a lease that is lost now is reported, and another one after it: whatever was lost
     * before has been found by then, if it was watched.
     *
     * @param told the pool that tells this listener
     */
    List<LeakReport> untilNow(BufferPool told) {
        List<LeakReport> came = new ArrayList<>();
        try (BufferPool pool = BufferPool.builder()
                .direct(false)
                .leakDetection(LeakDetection.EVERY)
                .clock(VirtualPoolClock.create())
                .onLeak(this)
                .build()) {
            for (int canaries = 0; canaries < 2; canaries++) {
                lose(pool);
                for (LeakReport report = next(); !CANARY.equals(report.holder()); report = next()) {
                    came.add(report);
                }
            }
        }
        Deadline.until("all reports are delivered", () -> told.events().isDelivered());
        reports.drainTo(came);
        return came;
    }

    private static void lose(BufferPool pool) {
        pool.acquire(1, CANARY);
    }
}
