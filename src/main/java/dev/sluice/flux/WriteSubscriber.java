package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/** One subscription of {@link MonoWriteTo}: a bounded queue that is drained to a file. */
final class WriteSubscriber implements CoreSubscriber<PooledBuffer>, Subscription, Scannable, Runnable {

    /*
     * Whoever raises `wip` from 0 has the floor and schedules run(), which gives it up when there is nothing to do.
     * The target and the plain fields belong to the holder of the floor.
     *
     * Cancel against onNext: a buffer that is offered after the last drain has ended raises `wip` from 0 itself, and
     * its drain finds `ended` and releases it. Cancel against completion: a cancellation that the drain sees before it
     * moves the file deletes it; one that comes later is too late, and the file stays.
     */

    static final int WINDOW = 16;
    private static final int REPLENISH = WINDOW / 2;

    private static final AtomicIntegerFieldUpdater<WriteSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(WriteSubscriber.class, "wip");
    private static final AtomicIntegerFieldUpdater<WriteSubscriber> STARTED =
            AtomicIntegerFieldUpdater.newUpdater(WriteSubscriber.class, "started");

    private final MonoWriteTo source;
    private final CoreSubscriber<? super Long> actual;
    private final Queue<PooledBuffer> queue = Queues.<PooledBuffer>get(WINDOW).get();
    private final TargetFile target;

    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;
    private volatile int started;
    private volatile boolean cancelled;
    private volatile boolean done;
    private volatile @Nullable Throwable failure;

    private final PooledBuffer[] batch = new PooledBuffer[WINDOW];
    private final ByteBuffer[] views = new ByteBuffer[WINDOW];
    private int unanswered;
    private boolean ended;

    WriteSubscriber(MonoWriteTo source, CoreSubscriber<? super Long> actual) {
        this.source = source;
        this.actual = actual;
        this.target = new TargetFile(source.path);
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
            upstream.cancel();
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
        try {
            source.scheduler.schedule(this);
        } catch (RejectedExecutionException e) {
            // A scheduler that is shut down leaves no thread but this one to end on.
            if (cancelled) {
                end(null);
            } else {
                fail(Operators.onRejectedExecution(e, actual.currentContext()));
            }
            run();
        }
    }

    @Override
    public void run() {
        try {
            int missed = 1;
            do {
                writeQueued();
                missed = WIP.addAndGet(this, -missed);
            } while (missed != 0);
        } catch (Throwable e) {
            // The subscriber threw, or the JVM is in trouble. What still comes is released by those who bring it.
            upstream.cancel();
            end(e);
            wip = 0;
            drain();
            throw e;
        }
    }

    private void writeQueued() {
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
                return;
            } else if (!target.isOpen()) {
                open();
            } else {
                int taken = takeQueued();
                if (taken > 0) {
                    write(taken);
                } else if (last) {
                    commit();
                } else {
                    return;
                }
            }
        }
        releaseQueued();
    }

    private void open() {
        try {
            target.open();
        } catch (IOException | RuntimeException e) {
            fail(e);
            return;
        }
        upstream.request(WINDOW);
    }

    /** Takes what is there, to be written at once: many small buffers come from a socket. */
    private int takeQueued() {
        int taken = 0;
        while (taken < WINDOW) {
            PooledBuffer buffer = queue.poll();
            if (buffer == null) {
                break;
            }
            batch[taken++] = buffer;
        }
        return taken;
    }

    private void write(int count) {
        try {
            writeAndRelease(count);
        } catch (IOException | RuntimeException e) {
            fail(e);
            return;
        }
        unanswered += count;
        if (unanswered >= REPLENISH) {
            int answered = unanswered;
            unanswered = 0;
            upstream.request(answered);
        }
    }

    private void writeAndRelease(int count) throws IOException {
        try {
            for (int i = 0; i < count; i++) {
                views[i] = batch[i].readOnlyBuffer();
            }
            target.write(views, count);
        } finally {
            for (int i = 0; i < count; i++) {
                batch[i].release();
            }
        }
    }

    private void commit() {
        try {
            target.commit();
        } catch (IOException | RuntimeException e) {
            fail(e);
            return;
        }
        ended = true;
        actual.onNext(target.written());
        actual.onComplete();
    }

    private void fail(Throwable error) {
        upstream.cancel();
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
        releaseQueued();
        try {
            target.abort();
        } catch (IOException e) {
            if (reason == null) {
                Operators.onErrorDropped(e, actual.currentContext());
            } else {
                reason.addSuppressed(e);
            }
        }
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
            return source.scheduler;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
