package dev.sluice.netty;

import io.netty.buffer.ByteBuf;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** Publishes frames as reactor-netty does, each released when its onNext returns, when the test says, whatever was asked. */
final class FakeFrames extends Flux<ByteBuf> implements Subscription {

    final AtomicLong requested = new AtomicLong();
    final Queue<ByteBuf> emitted = new ConcurrentLinkedQueue<>();
    volatile boolean cancelled;
    CoreSubscriber<? super ByteBuf> subscriber;

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        subscriber = actual;
        actual.onSubscribe(this);
    }

    void emit(ByteBuf frame) {
        emitted.add(frame);
        try {
            subscriber.onNext(frame);
        } finally {
            frame.release();
        }
    }

    @Override
    public void request(long n) {
        requested.addAndGet(n);
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    boolean allReleased() {
        return emitted.stream().allMatch(frame -> frame.refCnt() == 0);
    }
}
