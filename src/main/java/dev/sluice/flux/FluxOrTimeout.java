package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
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
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
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
         * The timer runs while a buffer is asked for and has not come: from the request, or, if more was requested than
         * came, from when the last buffer's onNext has returned. A slow subscriber costs no time.
         *
         * `turn` counts the buffers that came, until somebody ends it. Each buffer takes its turn by one
         * compare-and-set; the timer ends the turn that it was started for, and none other. So of a buffer and the
         * timer that waits for it one wins: a buffer that loses is released, a timer that loses does nothing.
         *
         * Request against the return of onNext: request() writes `requested`, then reads `delivering`; onNext() writes
         * `delivering`, then reads `requested`. So at least one of the two starts the timer. If both do, the one that
         * is kept last runs from then.
         */
        private static final long ENDED = -1;

        private static final AtomicLongFieldUpdater<Timed> TURN =
                AtomicLongFieldUpdater.newUpdater(Timed.class, "turn");
        private static final AtomicLongFieldUpdater<Timed> REQUESTED =
                AtomicLongFieldUpdater.newUpdater(Timed.class, "requested");

        private final Scheduler scheduler;
        private final long nanos;
        private final AtomicReference<@Nullable Handoff> timer = new AtomicReference<>();
        private volatile long turn;

        /** Requested and not delivered. */
        private volatile long requested;

        private volatile boolean delivering;

        Timed(CoreSubscriber<? super PooledBuffer> actual, Scheduler scheduler, long nanos) {
            super(actual);
            this.scheduler = scheduler;
            this.nanos = nanos;
        }

        /** Starts the timer before upstream is asked, which may answer within the call. */
        @Override
        public void request(long n) {
            if (n > 0 && Operators.addCap(REQUESTED, this, n) == 0 && !delivering) {
                await(turn);
            }
            super.request(n);
        }

        private void await(long awaited) {
            if (awaited == ENDED) {
                return;
            }
            Handoff next = new Handoff(actual, () -> timeOut(awaited));
            replaceTimer(next);
            Throwable refused = next.after(scheduler, nanos);
            if (refused != null) {
                fail(awaited, refused);
            } else if (turn != awaited) {
                next.giveUp();
            }
        }

        private void replaceTimer(@Nullable Handoff next) {
            Handoff before = timer.getAndSet(next);
            if (before != null) {
                before.giveUp();
            }
        }

        private boolean end(long at) {
            return at != ENDED && TURN.compareAndSet(this, at, ENDED);
        }

        private void timeOut(long awaited) {
            fail(
                    awaited,
                    new TimeoutException(Messages.message(
                            "no buffer came within %s, though %s asked for; %,d came before",
                            Duration.ofNanos(nanos), wasRequested(requested), awaited)));
        }

        private static String wasRequested(long n) {
            return n == Long.MAX_VALUE ? "all were" : Messages.message(n == 1 ? "%,d was" : "%,d were", n);
        }

        private void fail(long awaited, Throwable error) {
            if (end(awaited)) {
                ForeignCode.quietly(upstream::cancel, actual);
                actual.onError(error);
            }
        }

        @Override
        public void onNext(PooledBuffer buffer) {
            long now = turn;
            if (now == ENDED || !TURN.compareAndSet(this, now, now + 1)) {
                buffer.release();
                return;
            }
            delivering = true;
            replaceTimer(null);
            Operators.produced(REQUESTED, this, 1);
            actual.onNext(buffer);
            delivering = false;
            if (requested > 0) {
                await(turn);
            }
        }

        @Override
        public void onError(Throwable error) {
            if (end(turn)) {
                replaceTimer(null);
                actual.onError(error);
            } else {
                Operators.onErrorDropped(error, currentContext());
            }
        }

        @Override
        public void onComplete() {
            if (end(turn)) {
                replaceTimer(null);
                actual.onComplete();
            }
        }

        @Override
        public void cancel() {
            turn = ENDED;
            replaceTimer(null);
            super.cancel();
        }

        @Override
        @SuppressWarnings("rawtypes")
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.TERMINATED) {
                return turn == ENDED;
            } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
                return requested;
            } else if (key == Attr.RUN_ON) {
                return scheduler;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
        }
    }
}
