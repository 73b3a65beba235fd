package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The body of a request that the client collects before it sends the first byte, as reactor-netty does with GET, HEAD
 * and DELETE: copied to the heap buffer by buffer, and bounded.
 *
 * <p>Leases would all be out at once. Two such bodies on one pool could wait for each other's memory for ever, and when
 * the client is cancelled, reactor-netty neither cancels the body nor discards what it has collected. A copy is garbage
 * like any other, and is told to the pool's listeners as overflow.
 */
final class BodyCollected {

    /** Of the largest heap, so much may be one such body. */
    private static final int HEAP_SHARE = 8;

    /**
     * Of the budget, so much may be one such body: on an equipped client, Netty copies it once more while it collects.
     */
    private static final int BUDGET_SHARE = 4;

    private static final String REPORTER = "WebClient, body of GET, HEAD or DELETE";

    private BodyCollected() {}

    /** Whether the client collects the body of this request. */
    static boolean is(ClientHttpRequest request) {
        HttpMethod method = request.getMethod();
        return method == HttpMethod.GET || method == HttpMethod.HEAD || method == HttpMethod.DELETE;
    }

    /** Copies the body; ends with an error when it is too long, or when the connection is closed. */
    static Flux<DataBuffer> copy(
            Publisher<? extends PooledBuffer> buffers, DataBufferFactory factory, ClientHttpRequest request) {
        BufferFlux source = BufferFlux.from(Flux.from(buffers));
        return new Flux<>() {
            @Override
            public void subscribe(CoreSubscriber<? super DataBuffer> actual) {
                // The connection may be closed while a buffer is on its way: one signal at a time.
                source.subscribe(new Copying(Operators.serialize(actual), factory, request));
            }
        };
    }

    private static Object nativeOf(ClientHttpRequest request) {
        return request instanceof ClientHttpRequestDecorator decorator
                ? nativeOf(decorator.getDelegate())
                : request.getNativeRequest();
    }

    /** Copies each buffer, and ends upstream and downstream when the connection is closed. */
    private static final class Copying implements CoreSubscriber<PooledBuffer>, Subscription {

        private final CoreSubscriber<? super DataBuffer> actual;
        private final DataBufferFactory factory;
        private final ClientHttpRequest request;
        private final Disposable.Swap connection = Disposables.swap();
        private final AtomicBoolean ended = new AtomicBoolean();

        /** Set before anything else can happen. */
        @SuppressWarnings("NullAway.Init")
        private Subscription upstream;

        private long copiedBytes;

        Copying(CoreSubscriber<? super DataBuffer> actual, DataBufferFactory factory, ClientHttpRequest request) {
            this.actual = actual;
            this.factory = factory;
            this.request = request;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (Operators.validate(upstream, subscription)) {
                upstream = subscription;
                actual.onSubscribe(this);
                connection.update(
                        DataBuffersNetty.whenClosed(nativeOf(request), () -> stop(new ClosedChannelException())));
            }
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            DataBuffer copy;
            try (buffer) {
                if (ended.get()) {
                    return;
                }
                copy = copy(buffer);
            } catch (Throwable e) {
                stop(Operators.onOperatorError(upstream, e, currentContext()));
                return;
            }
            actual.onNext(copy);
        }

        private DataBuffer copy(PooledBuffer buffer) {
            long limit = Math.min(
                    buffer.pool().budget().limit() / BUDGET_SHARE,
                    Runtime.getRuntime().maxMemory() / HEAP_SHARE);
            copiedBytes += buffer.length();
            if (copiedBytes > limit) {
                throw new IllegalStateException(message(
                        "the body of a %s has %,d bytes or more: reactor-netty collects it before it sends the first"
                                + " byte, so at most %,d bytes are taken; send it by POST, PUT or PATCH",
                        request.getMethod(), copiedBytes, limit));
            }
            buffer.pool().reportOverflow(buffer.length(), REPORTER);
            return factory.wrap(buffer.toByteArray());
        }

        private void stop(Throwable error) {
            upstream.cancel();
            onError(error);
        }

        /** The first of an error, the end and a closed connection is the one that is told. */
        @Override
        public void onError(Throwable error) {
            if (ended.compareAndSet(false, true)) {
                connection.dispose();
                actual.onError(error);
            }
        }

        @Override
        public void onComplete() {
            if (ended.compareAndSet(false, true)) {
                connection.dispose();
                actual.onComplete();
            }
        }

        @Override
        public void request(long n) {
            upstream.request(n);
        }

        @Override
        public void cancel() {
            ended.set(true);
            connection.dispose();
            upstream.cancel();
        }

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }
    }
}
