package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * What one sequence of an {@link FluxConsumeManyOrderedSubscriber} has emitted and waits its turn; with the buffer that
 * it works on.
 *
 * <p>The buffer is released by the first of completion, error and cancellation; the others find it released. Cancel
 * against onNext: cancel() writes `cancelled`, then empties the queue; onNext() offers, then reads `cancelled`. So at
 * least one of the two discards the result.
 */
final class FluxConsumeManyOrderedInner<T> implements CoreSubscriber<T>, Scannable {

    private static final int PREFETCH = 16;
    private static final int REPLENISH = PREFETCH / 2;

    private final FluxConsumeManyOrderedSubscriber<T> parent;
    private final PooledBuffer buffer;
    private final Context context;
    private final Queue<T> results = new ConcurrentLinkedQueue<>();

    /** An empty one from the cancellation on. */
    private final AtomicReference<@Nullable Subscription> upstream = new AtomicReference<>();

    private volatile boolean cancelled;
    private volatile boolean ended;

    /** Belongs to the thread that emits. */
    private int unanswered;

    FluxConsumeManyOrderedInner(FluxConsumeManyOrderedSubscriber<T> parent, PooledBuffer buffer) {
        this.parent = parent;
        this.buffer = buffer;
        this.context = parent.within(buffer);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        if (upstream.compareAndSet(null, subscription)) {
            subscription.request(PREFETCH);
        } else {
            subscription.cancel();
        }
    }

    @Override
    public void onNext(T result) {
        if (ended) {
            Operators.onDiscard(result, currentContext());
            return;
        }
        try {
            ConsumeEscape.check(result, buffer, "consumeManyOrdered");
        } catch (Throwable e) {
            onError(ForeignCode.failed(e, upstream.get(), result, currentContext()));
            return;
        }
        results.offer(result);
        if (cancelled) {
            discardResults();
        } else {
            parent.drain();
        }
    }

    @Override
    public void onError(Throwable error) {
        buffer.release();
        if (ended || cancelled) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        ended = true;
        parent.fail(error);
    }

    @Override
    public void onComplete() {
        buffer.release();
        ended = true;
        parent.drain();
    }

    void cancel() {
        cancelled = true;
        Subscription now = upstream.getAndSet(Operators.emptySubscription());
        try {
            if (now != null) {
                now.cancel();
            }
        } finally {
            buffer.release();
            discardResults();
        }
    }

    private void discardResults() {
        for (T result = results.poll(); result != null; result = results.poll()) {
            Operators.onDiscard(result, currentContext());
        }
    }

    boolean hasEnded() {
        return ended;
    }

    boolean isEmpty() {
        return results.isEmpty();
    }

    /** Takes the next result, and asks for more in time. */
    @Nullable T poll() {
        T result = results.poll();
        Subscription now = upstream.get();
        if (result != null && now != null && ++unanswered == REPLENISH) {
            unanswered = 0;
            now.request(REPLENISH);
        }
        return result;
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return upstream.get();
        } else if (key == Attr.ACTUAL) {
            return parent;
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return ended;
        } else if (key == Attr.BUFFERED) {
            return results.size();
        } else if (key == Attr.PREFETCH) {
            return PREFETCH;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
