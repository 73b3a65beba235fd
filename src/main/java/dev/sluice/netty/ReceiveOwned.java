package dev.sluice.netty;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.util.context.Context;

/**
 * Frames that are handed over, as frames that are lent: each is released when {@code onNext} returns or throws, as
 * reactor-netty releases those that it receives.
 */
final class ReceiveOwned extends FluxOperator<ByteBuf, ByteBuf> {

    ReceiveOwned(Publisher<? extends ByteBuf> frames) {
        super(Flux.<ByteBuf>from(frames).doOnDiscard(ByteBuf.class, ByteBuf::release));
    }

    @Override
    public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
        source.subscribe(new Lending(actual));
    }

    private record Lending(CoreSubscriber<? super ByteBuf> actual) implements CoreSubscriber<ByteBuf>, Scannable {

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

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.ACTUAL) {
                return actual;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
        }
    }
}
