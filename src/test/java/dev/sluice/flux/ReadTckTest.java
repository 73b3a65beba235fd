package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** The Reactive Streams TCK on {@link BufferFlux#read}, with chunks that are slices. */
public class ReadTckTest extends FileTck<PooledBuffer> {

    @Override
    Publisher<PooledBuffer> over(BufferFlux chunks) {
        return releasing(chunks);
    }

    /** The TCK does not release what it gets; all else passes untouched. */
    static Publisher<PooledBuffer> releasing(Publisher<PooledBuffer> source) {
        return subscriber -> {
            if (subscriber == null) {
                throw new NullPointerException("rule 1.9");
            }
            source.subscribe(new Subscriber<>() {
                @Override
                public void onSubscribe(Subscription subscription) {
                    subscriber.onSubscribe(subscription);
                }

                @Override
                public void onNext(PooledBuffer buffer) {
                    buffer.release();
                    subscriber.onNext(buffer);
                }

                @Override
                public void onError(Throwable error) {
                    subscriber.onError(error);
                }

                @Override
                public void onComplete() {
                    subscriber.onComplete();
                }
            });
        };
    }
}
