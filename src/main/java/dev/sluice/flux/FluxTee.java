package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;

/** {@link BufferFlux#tee(int, TeePolicy, int)}: gathers subscribers into groups. */
final class FluxTee extends BufferFlux implements Scannable {

    final TeePolicy policy;
    final int maxQueued;
    private final BufferFlux source;
    private final int size;

    /** Guarded by this. */
    private List<TeeInner> waiting = new ArrayList<>();

    FluxTee(BufferFlux source, int size, TeePolicy policy, int maxQueued) {
        this.source = source;
        this.size = size;
        this.policy = Objects.requireNonNull(policy, "policy");
        this.maxQueued = maxQueued;
        Arguments.atLeast(1, size, "the number of subscribers");
        Arguments.atLeast(1, maxQueued, "maxQueued");
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        TeeInner branch = new TeeInner(this, actual);
        actual.onSubscribe(branch);
        TeeHub complete = enter(branch);
        if (complete != null) {
            source.subscribe(complete);
        }
    }

    /** Returns the group that this subscriber was the last to be missing from. */
    private synchronized @Nullable TeeHub enter(TeeInner branch) {
        if (branch.left) {
            return null;
        }
        waiting.add(branch);
        if (waiting.size() < size) {
            return null;
        }
        TeeHub trunk = new TeeHub(this, waiting);
        waiting.forEach(each -> each.trunk = trunk);
        waiting = new ArrayList<>();
        return trunk;
    }

    /** Frees the place of a subscriber who left before its group was complete; one not yet there will see it. */
    synchronized void leave(TeeInner branch) {
        waiting.remove(branch);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
