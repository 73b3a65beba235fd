package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/** One subscription of {@link MonoWriteTo}: a bounded queue that is drained to a {@link ByteSink}. */
final class WriteToSubscriber implements CoreSubscriber<PooledBuffer>, Subscription, Scannable, Runnable {

    /*
     * The thread that raises `wip` from 0 has the floor and schedules run(), which gives it up when there is nothing to
     * do. The sink and the plain fields belong to the holder of the floor. While an asynchronous write is under way,
     * nobody runs: its end schedules run(), and there is always exactly one. Its buffers stay taken until then, for the
     * channel uses them, cancelled or not.
     *
     * Cancel against onNext: a buffer that is offered after the last drain has ended raises `wip` from 0 itself, and
     * its drain finds `ended` and releases it. Cancel against completion: a cancellation that the drain sees before it
     * commits aborts; one that comes later is too late. Cancel against a sink that waits: cancel() writes `cancelled`,
     * then reads `sink`; the drain writes `sink`, then reads `cancelled` before each call. So the sink is interrupted,
     * or not called.
     */

    static final int WINDOW = 16;
    private static final int REPLENISH = WINDOW / 2;

    private static final AtomicIntegerFieldUpdater<WriteToSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(WriteToSubscriber.class, "wip");
    private static final AtomicIntegerFieldUpdater<WriteToSubscriber> STARTED =
            AtomicIntegerFieldUpdater.newUpdater(WriteToSubscriber.class, "started");

    private final MonoWriteTo source;
    private final CoreSubscriber<? super Long> actual;
    private final Queue<PooledBuffer> queue = Queues.<PooledBuffer>get(WINDOW).get();

    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;
    private volatile int started;
    private volatile boolean cancelled;
    private volatile boolean done;
    private volatile @Nullable Throwable failure;

    private final PooledBuffer[] batch = new PooledBuffer[WINDOW];
    private final ByteBuffer[] views = new ByteBuffer[WINDOW];

    /** Open from then on until it has committed or aborted. */
    private volatile @Nullable ByteSink sink;

    private boolean opened;
    private int unanswered;
    private long written;

    /** How many buffers of the batch are being written, and are not released. */
    private int writing;

    private boolean viewed;

    private boolean ended;

    WriteToSubscriber(MonoWriteTo source, CoreSubscriber<? super Long> actual) {
        this.source = source;
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
    public void request(long n) {
        if (Operators.validate(n) && STARTED.compareAndSet(this, 0, 1)) {
            drain();
        }
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (done) {
            buffer.release();
            return;
        }
        if (!queue.offer(buffer)) {
            buffer.release();
            onError(Operators.onOperatorError(
                    upstream, Exceptions.failWithOverflow(), buffer, actual.currentContext()));
            return;
        }
        drain();
    }

    @Override
    public void onError(Throwable error) {
        if (done) {
            Operators.onErrorDropped(error, actual.currentContext());
            return;
        }
        failure = error;
        done = true;
        drain();
    }

    @Override
    public void onComplete() {
        done = true;
        drain();
    }

    @Override
    public void cancel() {
        if (!cancelled) {
            cancelled = true;
            ForeignCode.quietly(upstream::cancel, actual);
            ByteSink open = sink;
            if (open != null) {
                ForeignCode.quietly(open::interrupt, actual);
            }
            drain();
        }
    }

    private void drain() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        if (ended) {
            run();
            return;
        }
        schedule();
    }

    /** For the holder of the floor. */
    private void schedule() {
        Throwable refused = Handoff.to(source.sink.scheduler(), actual, this);
        if (refused != null) {
            fail(refused);
            run(); // there is no thread but this one to end on
        }
    }

    @Override
    public void run() {
        try {
            int missed = 1;
            do {
                if (!writeQueued()) {
                    return;
                }
                missed = WIP.addAndGet(this, -missed);
            } while (missed != 0);
        } catch (Throwable e) {
            // The subscriber threw, or the JVM is in trouble. What still comes is released by those who bring it.
            ForeignCode.quietly(upstream::cancel, actual);
            end(e);
            wip = 0;
            drain();
            throw e;
        }
    }

    /** Returns whether the floor is free: false if a write is under way. */
    private boolean writeQueued() {
        while (!ended) {
            // Read before the queue is: what came before the end is then found there.
            boolean last = done;
            Throwable error = failure;
            if (cancelled) {
                end(null);
            } else if (error != null) {
                end(error);
                actual.onError(error);
            } else if (started == 0) {
                return true;
            } else if (!opened) {
                open();
            } else {
                if (writing == 0) {
                    takeQueued();
                }
                if (writing > 0) {
                    if (!write()) {
                        return false;
                    }
                } else if (last) {
                    commit();
                } else {
                    return true;
                }
            }
        }
        releaseQueued();
        return true;
    }

    private void open() {
        try {
            opened = true;
            sink = Objects.requireNonNull(source.sink.open(this::schedule), "the sink is null");
            upstream.request(WINDOW);
        } catch (Throwable e) {
            failed(e);
        }
    }

    /** Takes what is there, to be written at once: many small buffers come from a socket. */
    private void takeQueued() {
        while (writing < WINDOW) {
            PooledBuffer buffer = queue.poll();
            if (buffer == null) {
                break;
            }
            batch[writing++] = buffer;
        }
        viewed = false;
    }

    /** Returns false if the write ends later: then another thread may be running. */
    private boolean write() {
        try {
            if (!viewed) {
                viewBatch();
            }
            if (!openSink().write(views, 0, writing)) {
                return false;
            }
            answer();
        } catch (Throwable e) {
            failed(e);
        }
        return true;
    }

    private void answer() {
        unanswered += writing;
        for (int i = 0; i < writing; i++) {
            written += batch[i].length();
        }
        releaseBatch();
        if (unanswered >= REPLENISH) {
            int answered = unanswered;
            unanswered = 0;
            upstream.request(answered);
        }
    }

    private void viewBatch() {
        for (int i = 0; i < writing; i++) {
            views[i] = batch[i].readOnlyBuffer();
        }
        viewed = true;
    }

    private void releaseBatch() {
        for (int i = 0; i < writing; i++) {
            batch[i].release();
        }
        writing = 0;
    }

    private void commit() {
        try {
            openSink().commit();
        } catch (Throwable e) {
            failed(e);
            return;
        }
        sink = null;
        ended = true;
        actual.onNext(written);
        actual.onComplete();
    }

    /** What the sink threw. What the JVM cannot go on from is thrown when the subscriber knows. */
    private void failed(Throwable thrown) {
        fail(thrown);
        Exceptions.throwIfJvmFatal(thrown);
    }

    private void fail(Throwable error) {
        if (!done) {
            ForeignCode.quietly(upstream::cancel, actual);
        }
        end(error);
        if (cancelled) {
            Operators.onErrorDropped(error, actual.currentContext());
        } else {
            actual.onError(error);
        }
    }

    /** Leaves nothing behind, before the last signal. */
    private void end(@Nullable Throwable reason) {
        ended = true;
        releaseBatch();
        releaseQueued();
        ByteSink open = sink;
        sink = null;
        if (open == null) {
            return;
        }
        try {
            open.abort();
        } catch (Throwable e) {
            if (reason == null) {
                Operators.onErrorDropped(e, actual.currentContext());
            } else if (reason != e) {
                reason.addSuppressed(e);
            }
        }
    }

    private ByteSink openSink() {
        return Objects.requireNonNull(sink, "the sink is not open");
    }

    private void releaseQueued() {
        for (PooledBuffer buffer = queue.poll(); buffer != null; buffer = queue.poll()) {
            buffer.release();
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
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return done && queue.isEmpty();
        } else if (key == Attr.ERROR) {
            return failure;
        } else if (key == Attr.BUFFERED) {
            return queue.size();
        } else if (key == Attr.PREFETCH) {
            return WINDOW;
        } else if (key == Attr.RUN_ON) {
            return source.sink.scheduler();
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
