package dev.sluice.flux;

import java.util.LinkedHashSet;
import java.util.Set;

/** The places that belong together because their buffers meet. Groups that turn out to be one are united. */
final class ReserveGroup {

    private volatile ReserveGroup parent = this;

    /** How many of the places the reserve counts. Guarded by the reserve, like all that follows. */
    private int inside;

    private final Set<ReserveMachine.Wish> wishes = new LinkedHashSet<>();
    private final Set<ReservePlace> sources = new LinkedHashSet<>();
    private final Set<ReserveMachine.Entry> entries = new LinkedHashSet<>();

    ReserveGroup root() {
        ReserveGroup root = this;
        while (root.parent != root) {
            root = root.parent;
        }
        return root;
    }

    static void unite(ReserveGroup one, ReserveGroup other) {
        if (one.root() == other.root()) {
            return;
        }
        synchronized (Reserve.LOCK) {
            ReserveGroup kept = one.root();
            ReserveGroup joined = other.root();
            if (kept != joined) {
                kept.inside += joined.inside;
                kept.wishes.addAll(joined.wishes);
                kept.entries.addAll(joined.entries);
                kept.sources.addAll(joined.sources);
                joined.parent = kept;
            }
        }
    }

    /** A source is there, which has not entered yet. */
    static void add(ReservePlace source) {
        synchronized (Reserve.LOCK) {
            source.group().sources.add(source);
        }
    }

    /** The sources of the pipeline that are there, whether they have entered or not. */
    Set<ReservePlace> sources() {
        return sources;
    }

    boolean isInside() {
        return inside > 0;
    }

    void count(int change) {
        inside += change;
    }

    /** Those of the pipeline that wait to enter. */
    Set<ReserveMachine.Entry> entries() {
        return entries;
    }

    /** What places of the pipeline want. */
    Set<ReserveMachine.Wish> wishes() {
        return wishes;
    }
}
