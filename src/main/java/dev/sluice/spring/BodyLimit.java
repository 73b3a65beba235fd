package dev.sluice.spring;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A request body that fails when it becomes too long, and whose rest can then be dropped while the answer is on its
 * way: a client that is still sending would otherwise find the connection reset, and never see it.
 */
final class BodyLimit extends Flux<DataBuffer> implements Scannable {

    private static final String ATTRIBUTE = BodyLimit.class.getName();

    private final Flux<DataBuffer> source;
    private final BufferLimits limits;

    /** The subscription that found the body to be too long. */
    private volatile @Nullable LimitSubscriber exceeded;

    private volatile boolean drainable = true;

    BodyLimit(Flux<DataBuffer> source, BufferLimits limits) {
        this.source = source;
        this.limits = limits;
    }

    void putInto(ServerWebExchange exchange) {
        exchange.getAttributes().put(ATTRIBUTE, this);
    }

    static @Nullable BodyLimit of(ServerWebExchange exchange) {
        return exchange.getAttribute(ATTRIBUTE) instanceof BodyLimit body ? body : null;
    }

    /** A client that waits to be asked for the body never is: there will be nothing to drain. */
    void leaveUnread() {
        drainable = false;
    }

    @Override
    public void subscribe(CoreSubscriber<? super DataBuffer> actual) {
        source.subscribe(new LimitSubscriber(actual));
    }

    /** Drops what still comes, until the body ends or a bound is reached; then the source is cancelled. Never fails. */
    Mono<Void> drain() {
        if (!drainable || limits.maxDrainBytes() == 0 || limits.maxDrainTime().isZero()) {
            return Mono.fromRunnable(this::close);
        }
        return Mono.<Void>create(this::drainInto).timeout(limits.maxDrainTime(), Mono.empty());
    }

    private void drainInto(MonoSink<Void> sink) {
        LimitSubscriber limited = exceeded;
        if (limited == null) {
            limited = new LimitSubscriber(Operators.drainSubscriber());
            limited.over = true;
            source.subscribe(limited);
        }
        sink.onDispose(limited::giveUp);
        limited.drainInto(sink);
    }

    /** Cancels the source if the body was too long. */
    void close() {
        LimitSubscriber limited = exceeded;
        if (limited != null) {
            limited.giveUp();
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }

    /**
     * Counts, and drops once it is over. The subscriber has had its error by then, so what it requests or cancels does
     * not matter any more. Drain against signals: {@code drainInto} writes the sink, then reads what has come; the
     * signals write what has come, then read the sink. So at least one of them ends the drain.
     */
    private final class LimitSubscriber implements CoreSubscriber<DataBuffer>, Subscription, Scannable {

        private final CoreSubscriber<? super DataBuffer> actual;

        /** Set before anything else can happen. */
        @SuppressWarnings("NullAway.Init")
        private Subscription upstream;

        private long received;
        private volatile boolean over;
        private volatile boolean ended;
        private final AtomicLong dropped = new AtomicLong();
        private volatile @Nullable MonoSink<Void> drain;

        LimitSubscriber(CoreSubscriber<? super DataBuffer> actual) {
            this.actual = actual;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (Operators.validate(upstream, subscription)) {
                upstream = subscription;
                actual.onSubscribe(this);
            }
        }

        @Override
        public void onNext(DataBuffer buffer) {
            if (over) {
                drop(buffer);
                return;
            }
            received += buffer.readableByteCount();
            if (received <= limits.maxBodyBytes()) {
                actual.onNext(buffer);
                return;
            }
            over = true;
            exceeded = this;
            drop(buffer);
            actual.onError(BodyTooLargeException.received(received, limits.maxBodyBytes()));
        }

        private void drop(DataBuffer buffer) {
            int bytes = buffer.readableByteCount();
            DataBufferUtils.release(buffer);
            if (dropped.addAndGet(bytes) > limits.maxDrainBytes()) {
                endDrain();
            }
        }

        @Override
        public void onError(Throwable error) {
            if (over) {
                end();
            } else {
                actual.onError(error);
            }
        }

        @Override
        public void onComplete() {
            if (over) {
                end();
            } else {
                actual.onComplete();
            }
        }

        private void end() {
            ended = true;
            endDrain();
        }

        void drainInto(MonoSink<Void> sink) {
            drain = sink;
            if (ended || dropped.get() > limits.maxDrainBytes()) {
                endDrain();
            } else {
                upstream.request(Long.MAX_VALUE);
            }
        }

        private void endDrain() {
            MonoSink<Void> sink = drain;
            if (sink != null) {
                sink.success(); // and is disposed of, which cancels
            }
        }

        void giveUp() {
            if (!ended) {
                upstream.cancel();
            }
        }

        @Override
        public void request(long n) {
            if (!over) {
                upstream.request(n);
            }
        }

        @Override
        public void cancel() {
            if (!over) {
                upstream.cancel();
            }
        }

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.PARENT) {
                return upstream;
            } else if (key == Attr.ACTUAL) {
                return actual;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
        }
    }
}
