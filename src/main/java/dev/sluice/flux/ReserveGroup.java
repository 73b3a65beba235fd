package dev.sluice.flux;

import java.util.LinkedHashSet;
import java.util.Set;

/** The places that belong together because their buffers meet. Groups that turn out to be one are united. */
final class ReserveGroup {

    private volatile ReserveGroup parent = this;

    /** How many of the places the reserve counts. Guarded by the reserve, like all that follows. */
    private int inside;

    private final Set<ReserveMachine.Wish> wishes = new LinkedHashSet<>();

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
                joined.parent = kept;
            }
        }
    }

    boolean isInside() {
        return inside > 0;
    }

    void count(int change) {
        inside += change;
    }

    Set<ReserveMachine.Wish> wishes() {
        return wishes;
    }
}
