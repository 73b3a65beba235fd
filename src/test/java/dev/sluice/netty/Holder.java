package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Requests nothing by itself, unless told so before, and holds what it gets, until it is told to release all. */
class Holder extends BaseSubscriber<PooledBuffer> {

    final Queue<PooledBuffer> held = new ConcurrentLinkedQueue<>();
    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger ends = new AtomicInteger();
    volatile @Nullable Throwable error;
    /** What to request as soon as it is subscribed. */
    volatile long atOnce;

    private volatile boolean over;

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        if (atOnce > 0) {
            subscription.request(atOnce);
        }
    }

    @Override
    protected void hookOnNext(PooledBuffer buffer) {
        held.add(buffer);
        received.incrementAndGet();
        if (over) {
            releaseAll();
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

    List<byte[]> takeAll() {
        List<byte[]> all = new ArrayList<>();
        for (PooledBuffer buffer = held.poll(); buffer != null; buffer = held.poll()) {
            all.add(StreamTest.bytes(buffer));
        }
        return all;
    }

    /** Holds nothing from now on. */
    void end() {
        over = true;
        releaseAll();
    }

    private void releaseAll() {
        for (PooledBuffer buffer = held.poll(); buffer != null; buffer = held.poll()) {
            buffer.release();
        }
    }
}
