package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/** {@link BufferMono#acquire}: a request of the pool for as long as somebody waits for it. */
final class MonoAcquire extends BufferMono implements Scannable {

    private final BufferPool pool;
    private final int size;
    private final @Nullable Duration timeout;

    /** Who takes the lease; null for this source and the operators below. */
    private final @Nullable Object holder;

    MonoAcquire(BufferPool pool, int size, @Nullable Duration timeout, @Nullable Object holder) {
        this.pool = Objects.requireNonNull(pool, "pool");
        this.size = size;
        this.timeout = timeout;
        this.holder = holder;
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
        actual.onSubscribe(new Acquisition(this, actual));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }

    /** Names the source in reports of lost leases. */
    @Override
    public String toString() {
        return Messages.message("BufferMono.acquire(%,d)", size);
    }

    private static final class Acquisition implements Subscription, Scannable {

        /*
         *   IDLE -> WAITING -> ANSWERED    the pool's answer was passed on
         *     |        |
         *     +--------+-----> CANCELLED   the pool's answer, if it is a buffer, goes back
         *
         * Cancel against request: cancel() writes the state, then reads `turn`; request() writes `turn`, then reads the
         * state. So at least one of the two gives the turn up. Cancel against grant: the thread that moves the state
         * from WAITING wins; a grant that loses releases its buffer, a cancel that loses does nothing.
         */
        private static final int IDLE = 0;
        private static final int WAITING = 1;
        private static final int ANSWERED = 2;
        private static final int CANCELLED = 3;

        private static final AtomicIntegerFieldUpdater<Acquisition> STATE =
                AtomicIntegerFieldUpdater.newUpdater(Acquisition.class, "state");

        private final MonoAcquire source;
        private final CoreSubscriber<? super PooledBuffer> actual;
        private volatile int state;
        private volatile @Nullable CompletableFuture<PooledBuffer> turn;

        Acquisition(MonoAcquire source, CoreSubscriber<? super PooledBuffer> actual) {
            this.source = source;
            this.actual = actual;
        }

        @Override
        public void request(long n) {
            if (!STATE.compareAndSet(this, IDLE, WAITING)) {
                return;
            }
            if (n < 1) {
                answer(null, ForeignCode.badRequest(n));
                return;
            }
            CompletableFuture<PooledBuffer> waiting;
            try {
                Object holder = source.holder == null ? Origin.of(source, actual) : source.holder;
                waiting = source.pool.request(source.size, source.timeout, holder);
            } catch (Throwable e) {
                answer(null, e);
                return;
            }
            turn = waiting;
            if (state == CANCELLED) {
                waiting.cancel(false);
            }
            var unused = waiting.whenComplete(this::answered);
        }

        /** Runs on the thread that released the memory, which must not see what a subscriber throws. */
        private void answered(@Nullable PooledBuffer buffer, @Nullable Throwable error) {
            try {
                answer(buffer, error);
            } catch (Throwable e) {
                Operators.onErrorDropped(e, actual.currentContext());
            }
        }

        private void answer(@Nullable PooledBuffer buffer, @Nullable Throwable error) {
            if (!STATE.compareAndSet(this, WAITING, ANSWERED)) {
                if (buffer != null) {
                    buffer.release();
                }
            } else if (buffer != null) {
                actual.onNext(buffer);
                actual.onComplete();
            } else if (error != null) {
                actual.onError(error);
            }
        }

        @Override
        public void cancel() {
            int before = state;
            while (before < ANSWERED && !STATE.compareAndSet(this, before, CANCELLED)) {
                before = state;
            }
            CompletableFuture<PooledBuffer> waiting = turn;
            if (before == WAITING && waiting != null) {
                waiting.cancel(false);
            }
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.ACTUAL) {
                return actual;
            } else if (key == Attr.CANCELLED) {
                return state == CANCELLED;
            } else if (key == Attr.TERMINATED) {
                return state == ANSWERED;
            } else if (key == Attr.PREFETCH) {
                return 0;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
        }
    }
}
