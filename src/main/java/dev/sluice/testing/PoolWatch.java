package dev.sluice.testing;

import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.LeakReport;
import dev.sluice.PoolEvent;
import dev.sluice.PoolListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who of the tests and classes that use one pool has left something.
 *
 * <p>A scope is the time of one test or class. One that no other overlaps, apart from those that enclose it or that it
 * encloses, answers for the difference that it makes. Of scopes that overlap, none can be told from the others:
 * whichever encloses them answers, or the last of them, and names them all.
 *
 * <p>Refers to its pool only while a scope is open, so that a pool nobody uses any more can be collected.
 */
final class PoolWatch {

    /** A report is made when the bytes have come back, by other threads. */
    private static final Duration REPORTS_COME_WITHIN = Duration.ofSeconds(5);

    private static final Map<BufferPool, PoolWatch> ALL = new WeakHashMap<>();

    /** Guarded by this, as is all below. */
    private final List<Scope> open = new ArrayList<>();

    /** What there was when nobody used the pool; null while that is so. */
    private PoolWatchAccount.@Nullable Left beforeAll;

    /** The names of scopes that ended while others ran. */
    private final List<String> suspects = new ArrayList<>();

    /** The leases that were lost since the first scope began. */
    private final List<LeakReport> lost = new ArrayList<>();

    /** Refers to the pool, so it is set only while a scope is open. */
    private PoolListener.@Nullable Registration listening;

    /** The time of a test or class. */
    static final class Scope {

        private final String id;
        private final String name;
        private final long lostBefore;
        private final int reportsBefore;
        private final int suspectsBefore;
        private PoolWatchAccount.Left before;
        private boolean overlapped;

        private Scope(String id, String name, PoolWatchAccount before, int reportsBefore, int suspectsBefore) {
            this.id = id;
            this.name = name;
            this.before = before.left();
            this.lostBefore = before.stats().lost();
            this.reportsBefore = reportsBefore;
            this.suspectsBefore = suspectsBefore;
        }

        private boolean encloses(Scope other) {
            return other.id.equals(id) || other.id.startsWith(id + "/");
        }
    }

    private PoolWatch() {}

    static PoolWatch of(BufferPool pool) {
        synchronized (ALL) {
            return ALL.computeIfAbsent(pool, unwatched -> new PoolWatch());
        }
    }

    /**
     * Begins a scope.
     *
     * @param id the unique id of the test or class: a prefix of what it encloses
     */
    synchronized Scope begin(BufferPool pool, String id, String name) {
        if (listening == null) {
            listening = pool.addListener(new PoolListener() {
                @Override
                public void leaked(PoolEvent.Leaked event) {
                    add(event.report());
                }
            });
        }
        Scope scope = new Scope(id, name, PoolWatchAccount.of(pool), lost.size(), suspects.size());
        if (beforeAll == null) {
            beforeAll = scope.before;
        }
        for (Scope other : open) {
            if (!other.encloses(scope) && !scope.encloses(other)) {
                other.overlapped = true;
                scope.overlapped = true;
            }
        }
        open.add(scope);
        return scope;
    }

    private synchronized void add(LeakReport report) {
        lost.add(report);
    }

    /** Ends a scope once nothing is left of it, or the time is over; null, or what is left. */
    @Nullable String end(BufferPool pool, Scope scope, Duration patience) {
        Patience waiting = Patience.of(patience);
        Verdict verdict = judge(pool, scope, waiting);
        while (verdict == null) {
            Patience.rest();
            verdict = judge(pool, scope, waiting);
        }
        return verdict.left;
    }

    /**
     * How a scope ended.
     *
     * @param left null: it leaves nothing, or others will answer for it
     */
    private record Verdict(@Nullable String left) {}

    /** Null while there is something to wait for. */
    private synchronized @Nullable Verdict judge(BufferPool pool, Scope scope, Patience waiting) {
        boolean last = open.size() == 1;
        if (scope.overlapped && !last) {
            open.remove(scope);
            suspects.add(scope.name);
            return new Verdict(null);
        }
        PoolWatchAccount.Left before = scope.overlapped && beforeAll != null ? beforeAll : scope.before;
        PoolWatchAccount now = PoolWatchAccount.of(pool);
        boolean clean = now.left().isNoMoreThan(before);
        boolean told = lost.size() - scope.reportsBefore >= now.stats().lost() - scope.lostBefore;
        if (!clean && !(waiting.isOver() && (told || waiting.isOverBy(REPORTS_COME_WITHIN)))) {
            return null;
        }
        String left = clean ? null : left(pool, scope, before, now, waiting);
        open.remove(scope);
        for (Scope other : open) {
            other.before = other.before.plusExcess(now.left(), before); // told once
        }
        if (open.isEmpty()) {
            endAll();
        }
        return new Verdict(left);
    }

    private void endAll() {
        beforeAll = null;
        suspects.clear();
        lost.clear();
        if (listening != null) {
            listening.close();
            listening = null;
        }
    }

    private String left(
            BufferPool pool, Scope scope, PoolWatchAccount.Left before, PoolWatchAccount now, Patience waiting) {
        Set<String> blamed =
                new TreeSet<>(suspects.subList(scope.overlapped ? 0 : scope.suspectsBefore, suspects.size()));
        blamed.add(scope.name);
        String who = blamed.size() == 1 ? scope.name : "one of " + String.join(", ", blamed);
        StringBuilder reports = new StringBuilder();
        lost.subList(scope.overlapped ? 0 : scope.reportsBefore, lost.size())
                .forEach(report -> reports.append('\n').append(report));
        return message(
                "%s left something of pool '%s'%s: %s; before: %s%s%s",
                who, pool.name(), waiting, now, before, reports, PoolWatchAccount.report(pool));
    }
}
