package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Drives one {@link Stage} for one subscriber. */
final class StageSubscriber<O> implements CoreSubscriber<PooledBuffer>, Subscription, Scannable {

    /*
     * Whoever raises `wip` from 0 has the floor and drains; whoever finds it above 0 leaves: the drainer goes round
     * again. The stage and all plain fields belong to the holder of the floor.
     *
     * Upstream is asked for one buffer at a time, which waits in `input` until it is put into the stage. Cancel against
     * onNext: a buffer that comes after the end raises `wip` like any other, and that drain finds `ended` and releases
     * it. Cancel against grant: see StageMemory.
     *
     * What came from upstream before its error is delivered before the error. What fails here ends the sequence at
     * once.
     */

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<StageSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(StageSubscriber.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<StageSubscriber> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(StageSubscriber.class, "requested");

    private final CoreSubscriber<? super O> actual;
    private final Object source;
    private final StageMemory memory;
    private final Stage<O> stage;
    private final Context context;
    private final AtomicReference<@Nullable PooledBuffer> input = new AtomicReference<>();

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;
    private volatile long requested;
    private volatile boolean cancelled;

    /** Upstream has ended, and how; `done` is written last. */
    private volatile boolean done;

    private @Nullable Throwable upstreamError;

    /** What went wrong here. */
    private volatile @Nullable Throwable failure;

    private boolean asked;
    private boolean endedInput;
    private boolean complete;
    private @Nullable O ready;
    private volatile boolean ended;

    StageSubscriber(
            CoreSubscriber<? super O> actual, Object source, Function<? super StageMemory, ? extends Stage<O>> stages) {
        this.actual = actual;
        this.source = source;
        this.memory = new StageMemory(Origin.of(source, actual), actual.currentContext(), this::granted);
        this.stage = stages.apply(memory);
        this.context = memory.context();
    }

    Object source() {
        return source;
    }

    /** Drains at once, for a stage may be full from the start. */
    @Override
    public void onSubscribe(Subscription subscription) {
        if (Operators.validate(upstream, subscription)) {
            upstream = subscription;
            actual.onSubscribe(this);
            drain();
        }
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        Objects.requireNonNull(buffer, "buffer");
        if (done) {
            buffer.release();
        } else if (input.compareAndSet(null, buffer)) {
            drain();
        } else {
            buffer.release();
            done = true;
            fail(Operators.onOperatorError(
                    upstream,
                    Exceptions.failWithOverflow("upstream emitted more buffers than were requested"),
                    currentContext()));
        }
    }

    @Override
    public void onError(Throwable error) {
        Objects.requireNonNull(error, "error");
        if (done || ended) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        upstreamError = error;
        done = true;
        drain();
    }

    @Override
    public void onComplete() {
        done = true;
        drain();
    }

    @Override
    public void request(long n) {
        if (n > 0) {
            Operators.addCap(REQUESTED, this, n);
            drain();
        } else if (!ended) {
            upstream.cancel();
            fail(new IllegalArgumentException("rule 3.9: a request must be for at least 1, not %,d".formatted(n)));
        }
    }

    @Override
    public void cancel() {
        if (!cancelled && !ended) {
            cancelled = true;
            upstream.cancel();
            memory.giveUp();
            drain();
        }
    }

    private void fail(Throwable error) {
        failure = error;
        memory.giveUp();
        drain();
    }

    /** Runs on the thread that released the memory, which must not see what a subscriber throws. */
    private void granted() {
        try {
            drain();
        } catch (Throwable e) {
            Operators.onErrorDropped(e, currentContext());
        }
    }

    private void drain() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        int missed = 1;
        do {
            advanceOrEnd();
            if (ended) {
                releaseAll();
            }
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    /** Where a subscriber throws, gives everything back before the throwable goes on its way. */
    private void advanceOrEnd() {
        boolean returned = false;
        try {
            advance();
            returned = true;
        } finally {
            if (!returned) {
                ended = true;
                upstream.cancel();
                wip = 0;
                drain(); // whatever came meanwhile did so for nothing, and is released
            }
        }
    }

    /** Goes on until it has ended or there is nothing to do before another signal comes. */
    private void advance() {
        boolean more = true;
        while (more && !ended) {
            Throwable error = failure;
            O result = ready;
            if (cancelled) {
                ended = true;
            } else if (error != null) {
                end();
                actual.onError(error);
            } else if (result != null) {
                more = emit(result);
            } else {
                more = prepare();
            }
        }
    }

    private boolean emit(O result) {
        if (requested == 0) {
            return false;
        }
        ready = null;
        Operators.produced(REQUESTED, this, 1);
        actual.onNext(result);
        return true;
    }

    /**
     * Moves on by one step; false if there is none before another signal comes. Without demand, only to find out
     * whether anything is left, where that is not certain.
     */
    private boolean prepare() {
        boolean last = done && input.get() == null;
        if (requested == 0 && (stage.hasMore() || (!last && !stage.isFull()))) {
            return false;
        }
        boolean more;
        try {
            more = step(last);
        } catch (IOException | RuntimeException e) {
            Throwable error = Operators.onOperatorError(upstream, e, currentContext());
            end();
            actual.onError(error);
            return false;
        }
        if (complete) {
            complete(last);
        }
        return more;
    }

    private boolean step(boolean last) throws IOException {
        ready = stage.next();
        if (ready != null) {
            return true;
        } else if (memory.isAwaited()) {
            return false;
        } else if (stage.isFull()) {
            complete = true;
            return false;
        } else if (!last) {
            return feed();
        } else if (endedInput || upstreamError != null) {
            complete = true;
            return false;
        }
        endedInput = true;
        stage.end();
        return true;
    }

    private boolean feed() throws IOException {
        PooledBuffer buffer = input.getAndSet(null);
        if (buffer != null) {
            asked = false;
            stage.accept(buffer);
            return true;
        } else if (asked) {
            return false;
        }
        asked = true;
        upstream.request(1);
        return true;
    }

    private void complete(boolean last) {
        if (!last) {
            upstream.cancel();
        }
        Throwable error = last && !stage.isFull() ? upstreamError : null;
        end();
        if (error == null) {
            actual.onComplete();
        } else {
            actual.onError(error);
        }
    }

    /** Gives everything back, before the last signal. */
    private void end() {
        ended = true;
        releaseAll();
    }

    private void releaseAll() {
        PooledBuffer buffer = input.getAndSet(null);
        if (buffer != null) {
            buffer.release();
        }
        if (ready instanceof PooledBuffer result) {
            result.release();
        }
        ready = null;
        stage.release();
        memory.release();
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return upstream;
        } else if (key == Attr.ACTUAL) {
            return actual;
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return ended && !cancelled;
        } else if (key == Attr.ERROR) {
            return failure;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        }
        return key == Attr.PREFETCH ? 1 : null;
    }
}
