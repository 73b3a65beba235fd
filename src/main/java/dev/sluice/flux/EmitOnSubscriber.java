package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/** One subscription of {@link FluxEmitOn}: a queue between the thread that brings and the one that emits. */
final class EmitOnSubscriber extends Relay<PooledBuffer, PooledBuffer> implements Runnable {

    /*
     * The thread that raises `wip` from 0 has the floor and schedules run(), which gives it up when there is nothing to
     * emit. The plain fields belong to the holder of the floor.
     *
     * Cancel does not need the floor: the queue may be polled by several threads, each buffer goes to one of them, and
     * the thread that polls one after the cancellation releases it. Cancel against onNext from above: cancel() writes
     * `cancelled`, then empties the queue; onNext() offers, then reads `cancelled`. So at least one of the two finds
     * the buffer.
     */

    private static final AtomicIntegerFieldUpdater<EmitOnSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(EmitOnSubscriber.class, "wip");
    private static final AtomicLongFieldUpdater<EmitOnSubscriber> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(EmitOnSubscriber.class, "requested");

    private static final AtomicIntegerFieldUpdater<EmitOnSubscriber> STARTED =
            AtomicIntegerFieldUpdater.newUpdater(EmitOnSubscriber.class, "started");

    private final FluxEmitOn source;
    private final int replenish;
    private final Queue<PooledBuffer> queue = new ConcurrentLinkedQueue<>();
    private volatile int wip;
    private volatile int started;
    private volatile long requested;
    private volatile boolean cancelled;
    private volatile boolean last;
    private @Nullable Throwable failure;
    private int unanswered;

    /**
     * How many are queued of which the emitting thread was not told. Belongs to the thread that signals from upstream.
     */
    private int untold;

    EmitOnSubscriber(FluxEmitOn source, CoreSubscriber<? super PooledBuffer> actual) {
        super(actual);
        this.source = source;
        this.replenish = source.prefetch - (source.prefetch >> 2);
    }

    /** The first request starts the source: nothing is fetched ahead for a subscriber that wants nothing. */
    @Override
    public void request(long n) {
        if (n < 1) {
            upstream.request(n);
            return;
        }
        Operators.addCap(REQUESTED, this, n);
        if (started == 0 && STARTED.compareAndSet(this, 0, 1)) {
            upstream.request(source.prefetch);
        }
        drain();
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (last) {
            buffer.release();
            return;
        }
        enqueue(buffer);
        flush();
    }

    /**
     * What {@link #onNext} does, for a source that has the next buffer at hand: it costs as much to wake a thread as to
     * read a buffer, so the one that emits is woken when half of what was fetched ahead is there. The source calls
     * {@link #flush()} before it waits for anything, or else what is queued here might be what it waits for.
     */
    void enqueue(PooledBuffer buffer) {
        queue.offer(buffer);
        if (cancelled) {
            releaseQueued();
        } else if (++untold >= source.prefetch >> 1) {
            flush();
        }
    }

    /** Wakes the thread that emits, if there is anything of which it was not told. */
    void flush() {
        if (untold > 0) {
            untold = 0;
            drain();
        }
    }

    @Override
    public void onError(Throwable error) {
        if (last) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        failure = error;
        last = true;
        drain();
    }

    @Override
    public void onComplete() {
        last = true;
        drain();
    }

    @Override
    public void cancel() {
        cancelled = true;
        ForeignCode.quietly(upstream::cancel, actual);
        releaseQueued();
    }

    private void drain() {
        if (WIP.getAndIncrement(this) == 0 && !cancelled) {
            Throwable refused = Handoff.to(source.scheduler, actual, this);
            if (refused != null && !cancelled) {
                cancel(); // the floor is not given up, so nothing follows
                actual.onError(refused);
            }
        }
    }

    @Override
    public void run() {
        try {
            int missed = 1;
            do {
                emitQueued();
                missed = WIP.addAndGet(this, -missed);
            } while (missed != 0);
        } catch (Throwable e) {
            // The subscriber threw, or the JVM is in trouble: nothing more is emitted.
            cancel();
            throw e;
        }
    }

    private void emitQueued() {
        long wanted = requested;
        long emitted = 0;
        while (!cancelled && !done) {
            // Read before the queue is: what came before the end is then found there.
            boolean ends = last;
            PooledBuffer next = emitted < wanted ? queue.poll() : null;
            if (next != null) {
                emitted++;
                emit(next);
            } else if (ends && queue.isEmpty()) {
                end();
            } else {
                break;
            }
        }
        Operators.produced(REQUESTED, this, emitted);
    }

    private void emit(PooledBuffer buffer) {
        actual.onNext(buffer);
        if (++unanswered == replenish) {
            unanswered = 0;
            upstream.request(replenish);
        }
    }

    private void end() {
        done = true;
        Throwable error = failure;
        if (error == null) {
            actual.onComplete();
        } else {
            actual.onError(error);
        }
    }

    private void releaseQueued() {
        for (PooledBuffer buffer = queue.poll(); buffer != null; buffer = queue.poll()) {
            buffer.release();
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.ERROR) {
            return failure;
        } else if (key == Attr.BUFFERED) {
            return queue.size();
        } else if (key == Attr.PREFETCH) {
            return source.prefetch;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        } else if (key == Attr.RUN_ON) {
            return source.scheduler;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
    }
}
