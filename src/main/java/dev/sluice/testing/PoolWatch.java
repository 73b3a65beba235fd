package dev.sluice.testing;

import static dev.sluice.testing.Text.message;

import dev.sluice.BufferPool;
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
 * encloses, answers for the difference that it makes. Of scopes that overlap, none can be told from the others: whichever
 * encloses them answers, or the last of them, and names them all.
 *
 * <p>Does not refer to its pool, so that a pool nobody uses any more can be collected.
 */
final class PoolWatch {

    private static final Map<BufferPool, PoolWatch> ALL = new WeakHashMap<>();

    /** Guarded by this, as is all below. */
    private final List<Scope> open = new ArrayList<>();

    /** What there was when nobody used the pool; null while that is so. */
    private Account.@Nullable Left beforeAll;

    /** The names of scopes that ended while others ran. */
    private final Set<String> suspects = new TreeSet<>();

    /** The time of a test or class. */
    static final class Scope {

        private final String id;
        private final String name;
        private Account.Left before;
        private boolean overlapped;

        private Scope(String id, String name, Account.Left before) {
            this.id = id;
            this.name = name;
            this.before = before;
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
        Scope scope = new Scope(id, name, Account.of(pool).left());
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

    /** Ends a scope once nothing is left of it, or the time is over; null, or what is left. */
    @Nullable String end(BufferPool pool, Scope scope, Duration patience) {
        Patience waiting = Patience.of(patience);
        Verdict verdict = judge(pool, scope, waiting);
        while (verdict == null) {
            waiting.goesOn();
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
        Account.Left before = scope.overlapped && beforeAll != null ? beforeAll : scope.before;
        Account now = Account.of(pool);
        boolean clean = now.left().isNoMoreThan(before);
        if (!clean && !waiting.isOver()) {
            return null;
        }
        String left = clean ? null : left(pool, scope, before, now, waiting);
        open.remove(scope);
        for (Scope other : open) {
            other.before = other.before.plusExcess(now.left(), before); // told once
        }
        if (open.isEmpty()) {
            beforeAll = null;
            suspects.clear();
        }
        return new Verdict(left);
    }

    private String left(BufferPool pool, Scope scope, Account.Left before, Account now, Patience waiting) {
        Set<String> blamed = new TreeSet<>(suspects);
        blamed.add(scope.name);
        String who = suspects.isEmpty() ? scope.name : "one of " + String.join(", ", blamed);
        return message(
                "%s left something of pool '%s'%s: %s; before: %s%s",
                who, pool.name(), waiting, now, before, now.report(pool));
    }
}
