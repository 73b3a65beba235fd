package dev.sluice;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Tells the listener of every lost lease, and the log of every place that loses them. */
final class LeakReporter {

    private static final System.Logger LOG = System.getLogger("dev.sluice");

    /** Enough to tell places apart, few enough that holders with unique texts cannot fill the memory. */
    private static final int MAX_PLACES = 1_000;

    private final Consumer<LeakReport> listener;
    private final Set<String> logged = ConcurrentHashMap.newKeySet();

    LeakReporter(Consumer<LeakReport> listener) {
        this.listener = listener;
    }

    void report(LeakReport report) {
        if (logged.size() < MAX_PLACES && logged.add(report.place())) {
            LOG.log(System.Logger.Level.WARNING, "{0}", report);
        }
        try {
            listener.accept(report);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the leak listener of pool '" + report.pool() + "' failed", e);
        }
    }
}
