package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.util.concurrent.Queues;

/** One subscriber of a {@link FluxTee}, and what waits for it. */
final class TeeInner extends HubInner {

    private static final int LINK = 16;

    private final FluxTee tee;

    /** Filled by the source, emptied by the thread that has the floor. */
    private final Queue<PooledBuffer> queue =
            Queues.<PooledBuffer>unbounded(LINK).get();

    /** The group; null until it is complete. */
    volatile @Nullable TeeHub trunk;

    /** Set once, before anybody is told. */
    volatile boolean left;

    TeeInner(FluxTee tee, CoreSubscriber<? super PooledBuffer> actual) {
        super(actual);
        this.tee = tee;
    }

    /** Queues a lease of its own; the caller drains afterwards. With SLOWEST, what is queued was requested. */
    void offer(PooledBuffer buffer, int maxQueued) {
        if (left) {
            return;
        }
        if (tee.policy == TeePolicy.FASTEST && queue.size() >= maxQueued) {
            fail(Exceptions.failWithOverflow(
                    Messages.message("this subscriber is more than %,d buffers behind the fastest one", maxQueued)));
            return;
        }
        queue.offer(buffer.retainReadOnly());
    }

    @Override
    @Nullable PooledBuffer poll() {
        return queue.poll();
    }

    @Override
    boolean isEmpty() {
        return queue.isEmpty();
    }

    @Override
    boolean isLast() {
        TeeHub now = trunk;
        return now != null && now.isDone();
    }

    @Override
    @Nullable Throwable lastError() {
        TeeHub now = trunk;
        return now == null ? null : now.failure();
    }

    @Override
    void clear() {
        for (PooledBuffer buffer = queue.poll(); buffer != null; buffer = queue.poll()) {
            buffer.release();
        }
    }

    @Override
    void wantsMore() {
        TeeHub now = trunk;
        if (now != null) {
            now.ask();
        }
    }

    @Override
    void leave() {
        if (left) {
            return;
        }
        left = true;
        tee.leave(this);
        TeeHub now = trunk;
        if (now != null) {
            now.remains();
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.BUFFERED) {
            return queue.size();
        } else if (key == Attr.PARENT) {
            return trunk;
        }
        return super.scanUnsafe(key);
    }
}
