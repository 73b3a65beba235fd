package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Requests nothing by itself and holds what it gets. */
class HoldingSubscriber extends BaseSubscriber<PooledBuffer> {

    final Queue<PooledBuffer> held = new ConcurrentLinkedQueue<>();
    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger completions = new AtomicInteger();
    volatile @Nullable Throwable error;

    @Override
    protected void hookOnSubscribe(Subscription subscription) {}

    @Override
    protected void hookOnNext(PooledBuffer buffer) {
        held.add(buffer);
        received.incrementAndGet();
    }

    @Override
    protected void hookOnComplete() {
        completions.incrementAndGet();
    }

    @Override
    protected void hookOnError(Throwable error) {
        this.error = error;
    }

    @Override
    public Subscription upstream() {
        return super.upstream();
    }

    boolean hasEnded() {
        return completions.get() > 0 || error != null;
    }

    void releaseAll() {
        for (PooledBuffer buffer = held.poll(); buffer != null; buffer = held.poll()) {
            buffer.release();
        }
    }
}
