package dev.sluice.flux;

import dev.sluice.BufferReleasedException;
import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/** One subscriber of a cache, and how far it has read. */
final class CacheInner extends HubInner {

    private final CacheKeeper keeper;

    /** Null until the keeper has let this in. */
    private volatile @Nullable CacheHub trunk;

    /** What was emitted last. Belongs to the holder of the floor once `trunk` is set. */
    private CacheHub.Node read = new CacheHub.Node(null);

    /** Set before the keeper is told. */
    volatile boolean left;

    CacheInner(CacheKeeper keeper, CoreSubscriber<? super PooledBuffer> actual) {
        super(actual);
        this.keeper = keeper;
    }

    void begin(CacheHub entered) {
        read = entered.head();
        trunk = entered;
    }

    @Nullable CacheHub trunk() {
        return trunk;
    }

    /** Shares the next buffer. If that was just given back, the error that says why is on its way. */
    @Override
    @Nullable PooledBuffer poll() {
        CacheHub.Node next = trunk == null ? null : read.next;
        if (next == null || next.buffer == null) {
            return null;
        }
        PooledBuffer share;
        try {
            share = next.buffer.retainReadOnly();
        } catch (BufferReleasedException e) {
            return null;
        }
        read = next;
        return share;
    }

    @Override
    boolean isEmpty() {
        return read.next == null;
    }

    @Override
    boolean isLast() {
        CacheHub now = trunk;
        return now != null && now.hasEnded();
    }

    @Override
    @Nullable Throwable lastError() {
        CacheHub now = trunk;
        return now == null ? null : now.failure();
    }

    /** The keeper holds what this has not taken; all that was taken was emitted. */
    @Override
    void clear() {
        read = new CacheHub.Node(null);
    }

    @Override
    void wantsMore() {
        CacheHub now = trunk;
        if (now != null) {
            now.ask();
        }
    }

    @Override
    void leave() {
        left = true;
        keeper.leave(this);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.PARENT ? trunk : super.scanUnsafe(key);
    }
}
