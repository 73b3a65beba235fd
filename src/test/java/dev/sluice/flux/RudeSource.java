package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** Signals what the test says, whatever was requested or cancelled. */
final class RudeSource extends Flux<PooledBuffer> implements Subscription {

    final AtomicLong requested = new AtomicLong();
    volatile boolean cancelled;
    CoreSubscriber<? super PooledBuffer> subscriber;

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
        subscriber = actual;
        actual.onSubscribe(this);
    }

    @Override
    public void request(long n) {
        requested.addAndGet(n);
    }

    @Override
    public void cancel() {
        cancelled = true;
    }
}
