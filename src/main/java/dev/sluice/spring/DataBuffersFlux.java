package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** {@link DataBuffers#toDataBuffers(org.reactivestreams.Publisher, DataBufferFactory, int)}: a window of unreleased buffers. */
final class DataBuffersFlux extends FluxOperator<PooledBuffer, DataBuffer> {

    private final DataBufferFactory factory;
    private final int maxOut;

    DataBuffersFlux(BufferFlux source, DataBufferFactory factory, int maxOut) {
        super(source);
        this.factory = factory;
        this.maxOut = maxOut;
    }

    @Override
    public void subscribe(CoreSubscriber<? super DataBuffer> actual) {
        source.subscribe(new Window(actual, factory, maxOut));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
    }

    /**
     * Upstream is asked for as many as are requested here, and as the window has room for. Release against request: one writes
     * the room, then reads what is requested; the other the reverse. So at least one of them asks.
     */
    private static final class Window implements CoreSubscriber<PooledBuffer>, Subscription, Scannable {

        private final CoreSubscriber<? super DataBuffer> actual;
        private final DataBufferFactory factory;

        /** Requested here, and not asked of upstream yet. */
        private final AtomicLong requested = new AtomicLong();

        /** How many more may be out; what was asked of upstream counts as out. */
        private final AtomicInteger room;

        /** Raised from 0 by whoever asks upstream; the others leave it to them. */
        private final AtomicInteger asking = new AtomicInteger();

        /** Set before anything else can happen. */
        @SuppressWarnings("NullAway.Init")
        private Subscription upstream;

        private boolean done;

        Window(CoreSubscriber<? super DataBuffer> actual, DataBufferFactory factory, int maxOut) {
            this.actual = actual;
            this.factory = factory;
            this.room = new AtomicInteger(maxOut);
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (Operators.validate(upstream, subscription)) {
                upstream = subscription;
                actual.onSubscribe(this);
            }
        }

        @Override
        public void request(long n) {
            if (n < 1) {
                upstream.request(n); // which answers with the error
                return;
            }
            requested.accumulateAndGet(n, Operators::addCap);
            ask();
        }

        private void ask() {
            if (asking.getAndIncrement() != 0) {
                return;
            }
            int missed = 1;
            do {
                int free = room.get();
                long wanted = requested.get();
                int now = (int) Math.min(free, wanted);
                if (now > 0) {
                    room.addAndGet(-now);
                    if (wanted != Long.MAX_VALUE) {
                        requested.addAndGet(-now);
                    }
                    upstream.request(now);
                }
                missed = asking.addAndGet(-missed);
            } while (missed != 0);
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            if (done) {
                buffer.release();
                return;
            }
            DataBuffer next;
            try {
                next = DataBuffers.toDataBuffer(lent(buffer), factory);
            } catch (Throwable e) {
                buffer.release();
                onError(Operators.onOperatorError(upstream, e, buffer, currentContext()));
                return;
            }
            actual.onNext(next);
        }

        private PooledBuffer lent(PooledBuffer buffer) {
            return buffer.lend(() -> {
                buffer.release();
                room.incrementAndGet();
                if (requested.get() > 0) {
                    askElsewhere();
                }
            });
        }

        /** Whoever released the buffer may be in the midst of anything, such as the server's own code. */
        private void askElsewhere() {
            try {
                Schedulers.parallel().schedule(this::ask);
            } catch (RejectedExecutionException e) {
                ask(); // nobody is in the midst of anything there any more
            }
        }

        @Override
        public void onError(Throwable error) {
            if (done) {
                Operators.onErrorDropped(error, currentContext());
                return;
            }
            done = true;
            actual.onError(error);
        }

        @Override
        public void onComplete() {
            if (!done) {
                done = true;
                actual.onComplete();
            }
        }

        @Override
        public void cancel() {
            upstream.cancel();
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
            } else if (key == Attr.TERMINATED) {
                return done;
            } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
                return requested.get();
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
        }
    }
}
