package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/** What has come for a {@link ToInputStream} and is not read yet. */
final class ToInputStreamSubscriber implements CoreSubscriber<PooledBuffer>, Scannable {

    /*
     * `signals` has a permit for each buffer in the queue, and one for the end, which its taker gives back. So a
     * reader that has a permit finds a buffer, or else the end.
     *
     * Cancel against onNext: cancel() writes `cancelled`, then empties the queue; onNext() offers, then reads
     * `cancelled`. So at least one of the two finds the buffer. Cancel against onSubscribe: cancel() writes
     * `cancelled`, then reads `upstream`; onSubscribe() writes `upstream`, then reads `cancelled`.
     */

    private final int prefetch;
    private final int replenish;
    private final Queue<PooledBuffer> queue = new ConcurrentLinkedQueue<>();
    private final Semaphore signals = new Semaphore(0);

    /** Buffers that came and were not yet asked for anew; at most as many as were requested. */
    private final AtomicInteger held = new AtomicInteger();

    private volatile @Nullable Subscription upstream;
    private volatile boolean cancelled;
    private volatile boolean done;
    private volatile @Nullable Throwable error;
    private int used;

    ToInputStreamSubscriber(int prefetch) {
        this.prefetch = prefetch;
        this.replenish = prefetch - (prefetch >> 2);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        if (Operators.validate(upstream, subscription)) {
            upstream = subscription;
            if (cancelled) {
                subscription.cancel();
            } else {
                subscription.request(prefetch);
            }
        }
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (done || cancelled) {
            buffer.release();
        } else if (held.incrementAndGet() > prefetch) {
            buffer.release();
            cancelUpstream();
            onError(Exceptions.failWithOverflow("upstream emitted more buffers than were requested"));
        } else {
            queue.offer(buffer);
            signals.release();
            if (cancelled) {
                releaseQueued();
            }
        }
    }

    @Override
    public void onError(Throwable thrown) {
        if (done || cancelled) {
            Operators.onErrorDropped(thrown, currentContext());
            return;
        }
        error = thrown;
        onComplete();
    }

    @Override
    public void onComplete() {
        if (!done) {
            done = true;
            signals.release();
        }
    }

    /** Whether {@link #take} would not wait. */
    boolean isReady() {
        return signals.availablePermits() > 0;
    }

    boolean hasBuffer() {
        return !queue.isEmpty();
    }

    /** Whether nothing more comes, and no error: {@code done} is written after the last buffer is in the queue. */
    boolean isAtEnd() {
        return done && error == null && queue.isEmpty();
    }

    /** Waits for a buffer; null is the end, or the cancellation. */
    @Nullable PooledBuffer take() throws InterruptedException {
        signals.acquire();
        PooledBuffer next = queue.poll();
        if (next == null) {
            signals.release();
        }
        return next;
    }

    void checkError() throws IOException {
        Throwable thrown = error;
        if (thrown != null) {
            throw new IOException(thrown.getMessage() == null ? thrown.toString() : thrown.getMessage(), thrown);
        }
    }

    /** A buffer that was taken has been released. Called by one thread at a time. */
    void replenish() {
        Subscription from = upstream;
        if (++used == replenish && from != null) {
            used = 0;
            held.addAndGet(-replenish);
            if (!done && !cancelled) {
                from.request(replenish);
            }
        }
    }

    void cancel() {
        cancelled = true;
        cancelUpstream();
        releaseQueued();
        signals.release();
    }

    private void cancelUpstream() {
        Subscription from = upstream;
        if (from != null) {
            from.cancel();
        }
    }

    private void releaseQueued() {
        for (PooledBuffer buffer = queue.poll(); buffer != null; buffer = queue.poll()) {
            buffer.release();
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return upstream;
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return done;
        } else if (key == Attr.ERROR) {
            return error;
        } else if (key == Attr.BUFFERED) {
            return queue.size();
        } else if (key == Attr.PREFETCH) {
            return prefetch;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
