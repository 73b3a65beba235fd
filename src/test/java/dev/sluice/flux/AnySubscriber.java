package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Requests nothing by itself, counts, and releases what it gets. */
class AnySubscriber extends BaseSubscriber<Object> {

    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger ends = new AtomicInteger();
    volatile @Nullable Throwable error;

    @Override
    protected void hookOnSubscribe(Subscription subscription) {}

    @Override
    protected void hookOnNext(Object result) {
        received.incrementAndGet();
        if (result instanceof PooledBuffer buffer) {
            buffer.release();
        }
    }

    @Override
    protected void hookOnComplete() {
        ends.incrementAndGet();
    }

    @Override
    protected void hookOnError(Throwable thrown) {
        error = thrown;
        ends.incrementAndGet();
    }
}
