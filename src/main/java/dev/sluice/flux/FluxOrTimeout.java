package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/** {@link BufferFlux#orTimeout}: what {@code timeout} does, without losing the buffer that comes too late. */
final class FluxOrTimeout extends BufferFlux implements Scannable {

    private final BufferFlux source;
    private final Scheduler scheduler;
    private final long nanos;

    FluxOrTimeout(BufferFlux source, Duration timeout, Scheduler scheduler) {
        this.source = source;
        this.nanos = Arguments.nanos(timeout, "the timeout");
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
        source.subscribe(new Timed(actual, scheduler, nanos));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        } else if (key == Attr.RUN_ON) {
            return scheduler;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }

    private static final class Timed extends Relay<PooledBuffer, PooledBuffer> {

        /*
         * `turn` counts the buffers that came, until somebody ends it. Each buffer takes its turn by one compare-and-set,
         * and starts the timer of the next only when its onNext has returned; the timer ends the turn that it was started
         * for, and none other. So of a buffer and the timer that waits for it one wins: a buffer that loses is released,
         * a timer that loses does nothing; and no timer signals while onNext runs.
         */
        private static final long ENDED = -1;

        private static final AtomicLongFieldUpdater<Timed> TURN =
                AtomicLongFieldUpdater.newUpdater(Timed.class, "turn");

        private final Scheduler scheduler;
        private final long nanos;
        private final Disposable.Swap timer = Disposables.swap();
        private volatile long turn;

        Timed(CoreSubscriber<? super PooledBuffer> actual, Scheduler scheduler, long nanos) {
            super(actual);
            this.scheduler = scheduler;
            this.nanos = nanos;
        }

        @Override
        void begun() {
            await(0);
        }

        private void await(long awaited) {
            if (turn != awaited) {
                return;
            }
            try {
                timer.update(scheduler.schedule(() -> timeOut(awaited), nanos, TimeUnit.NANOSECONDS));
            } catch (RejectedExecutionException e) {
                if (end(awaited)) {
                    upstream.cancel();
                    actual.onError(Operators.onRejectedExecution(e, currentContext()));
                }
            }
        }

        private boolean end(long at) {
            return at != ENDED && TURN.compareAndSet(this, at, ENDED);
        }

        private void timeOut(long awaited) {
            if (end(awaited)) {
                upstream.cancel();
                actual.onError(new TimeoutException("no buffer came within %s of %s"
                        .formatted(
                                Duration.ofNanos(nanos),
                                awaited == 0 ? "the subscription" : "buffer %,d".formatted(awaited))));
            }
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            long now = turn;
            if (now == ENDED || !TURN.compareAndSet(this, now, now + 1)) {
                buffer.release();
                return;
            }
            actual.onNext(buffer);
            await(now + 1);
        }

        @Override
        public void onError(Throwable error) {
            if (end(turn)) {
                timer.dispose();
                actual.onError(error);
            } else {
                Operators.onErrorDropped(error, currentContext());
            }
        }

        @Override
        public void onComplete() {
            if (end(turn)) {
                timer.dispose();
                actual.onComplete();
            }
        }

        @Override
        public void cancel() {
            turn = ENDED;
            timer.dispose();
            super.cancel();
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.TERMINATED) {
                return turn == ENDED;
            } else if (key == Attr.RUN_ON) {
                return scheduler;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
        }
    }
}
