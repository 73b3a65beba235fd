package dev.sluice.netty;

import io.netty.buffer.ByteBuf;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.util.context.Context;

/** Releases each frame when its onNext has returned, as reactor-netty does. */
final class ReleasedFrames extends FluxOperator<ByteBuf, ByteBuf> {

    ReleasedFrames(Flux<ByteBuf> frames) {
        super(frames);
    }

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        source.subscribe(new CoreSubscriber<ByteBuf>() {
            @Override
            public Context currentContext() {
                return actual.currentContext();
            }

            @Override
            public void onSubscribe(Subscription subscription) {
                actual.onSubscribe(subscription);
            }

            @Override
            public void onNext(ByteBuf frame) {
                try {
                    actual.onNext(frame);
                } finally {
                    frame.release();
                }
            }

            @Override
            public void onError(Throwable error) {
                actual.onError(error);
            }

            @Override
            public void onComplete() {
                actual.onComplete();
            }
        });
    }
}
