package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFutureListener;
import java.nio.channels.ClosedChannelException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** One subscription of {@link SendFlux}: a queue in front of the event loop, and one behind it. */
final class SendSubscriber<T> implements CoreSubscriber<PooledBuffer>, Subscription, Scannable, LeaseSink {

    /*
     * The window. reactor-netty asks for 128 buffers and keeps them until the socket takes them. So this asks upstream
     * for fewer: what it has asked for and Netty has not released is at most `window` buffers, which the length of the
     * last one decides. And it asks for nothing while the channel is not writable: under TLS, Netty releases a buffer
     * when it is encrypted, which is before the socket takes it.
     *
     * A request without bound is answered without a window, because who makes it collects before it sends, as the HTTP
     * client does with the body of a GET: behind a window, it would wait for ever. It has no end but ours either: when
     * the channel closes, reactor-netty neither cancels it nor discards what was collected. So this listens for the
     * close, cancels upstream and fails downstream, whereupon the collector discards. And it looks whether the body can
     * still be completed: see SendCollected.
     *
     *   upstream --request--> `queue` --lent to Netty--> `returned` --released--> pool
     *            |<----------------- underway ------------------->|
     *
     * Both queues are there to keep calls apart. Netty releases a buffer in the midst of its own work: of encrypting,
     * for example. What a release sets free may be granted to somebody who sends on the same channel, at once and on
     * the same stack, and the encoder would be called while it is at work. So nothing is released within Netty's
     * release, and nothing is handed to Netty within anybody's call: both happen in run(), on the event loop, from the
     * bottom of its stack.
     *
     * The thread that raises `wip` from 0 has the floor and schedules run(), which gives it up when there is nothing to
     * do. The plain fields belong to the holder of the floor. Cancel does not need it: the queue may be polled by
     * several threads, each buffer goes to one of them, and the thread that polls one after the cancellation releases
     * it. Cancel against onNext: cancel() writes `cancelled`, then empties the queue; onNext() offers, then reads
     * `cancelled`. So at least one of the two finds the buffer. A buffer that was lent comes back by itself: what is
     * downstream discards it.
     */

    static final int WINDOW_BYTES = 256 << 10;
    static final int MIN_WINDOW = 2;
    static final int MAX_WINDOW = 32;

    /** A part of a buffer counts as this share of what it pins, if that is more than its length. */
    static final int PINNED_SHARE = 4;

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<SendSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(SendSubscriber.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<SendSubscriber> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(SendSubscriber.class, "requested");

    private final SendFlux<T> source;
    private final CoreSubscriber<? super T> actual;
    private final Queue<PooledBuffer> queue = new ConcurrentLinkedQueue<>();
    private final Queue<PooledBuffer> returned = new ConcurrentLinkedQueue<>();

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;

    /** Asked for downstream, and not asked for upstream. */
    private volatile long requested;

    private volatile boolean cancelled;

    /** Upstream has ended, and how; `last` is written last. */
    private volatile boolean last;

    private @Nullable Throwable failure;
    private int underway;

    /** What the buffers that Netty has not given back pin. */
    private long lentBytes;

    private int window = MIN_WINDOW;
    private boolean ended;

    /** Of a request without bound; null while there is none. */
    private @Nullable SendCollected collected;

    private final ChannelFutureListener whenClosed = closed -> whenClosed();
    private volatile boolean closed;
    private @Nullable SendWritability listener;

    SendSubscriber(SendFlux<T> source, CoreSubscriber<? super T> actual) {
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
        if (Operators.validate(n)) {
            Operators.addCap(REQUESTED, this, n);
            drain();
        }
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (last) {
            buffer.release();
            return;
        }
        queue.offer(buffer);
        if (cancelled) {
            releaseAll(queue);
        } else {
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
        upstream.cancel();
        releaseAll(queue);
        drain();
    }

    /** Called by Netty's release of a buffer. */
    @Override
    public void giveBack(PooledBuffer buffer) {
        returned.offer(buffer);
        drain();
    }

    private void drain() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        // An executor may queue a task and throw all the same: one of the two threads takes it.
        AtomicBoolean taken = new AtomicBoolean();
        try {
            source.channel.eventLoop().execute(() -> {
                if (taken.compareAndSet(false, true)) {
                    run();
                }
            });
        } catch (Throwable e) {
            if (taken.compareAndSet(false, true)) {
                refused(e);
            }
            Exceptions.throwIfJvmFatal(e);
        }
    }

    /**
     * The event loop is shut down, or has no thread: there is nobody in the midst of anything, and no thread but this.
     */
    private void refused(Throwable why) {
        boolean first = !ended && !cancelled;
        cancel();
        run();
        if (first) {
            ended = true;
            boolean rejected = why instanceof RejectedExecutionException;
            actual.onError(rejected ? Operators.onRejectedExecution(why, currentContext()) : why);
        }
    }

    private void run() {
        int missed = 1;
        do {
            takeBack();
            try {
                sendQueued();
                ask();
                if (closed && !cancelled && !ended) {
                    fail(new ClosedChannelException());
                }
            } catch (Throwable e) {
                // The subscriber threw, or the JVM is in trouble: nothing more is sent.
                cancel();
                Operators.onErrorDropped(e, currentContext());
            }
            if (cancelled || ended) {
                stopListening();
            }
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    /** Releases what Netty has given back. */
    private void takeBack() {
        for (PooledBuffer buffer = returned.poll(); buffer != null; buffer = returned.poll()) {
            underway--;
            lentBytes -= buffer.pinnedBytes();
            buffer.release();
        }
    }

    /** Ends because of what happened here: upstream hears nothing of it but the cancellation. */
    private void fail(Throwable error) {
        ended = true;
        upstream.cancel();
        releaseAll(queue);
        actual.onError(error);
    }

    private void sendQueued() {
        while (!cancelled && !ended) {
            // Read before the queue is: what came before the end is then found there.
            boolean ends = last;
            PooledBuffer next = queue.poll();
            if (next != null) {
                send(next);
            } else if (ends) {
                ended = true;
                Throwable error = failure;
                if (error == null) {
                    actual.onComplete();
                } else {
                    actual.onError(error);
                }
            } else {
                return;
            }
        }
    }

    private void send(PooledBuffer buffer) {
        T message;
        try {
            if (buffer.isEmpty() && !source.keepsEmpty) {
                buffer.release();
                underway--;
                Operators.addCap(REQUESTED, this, 1);
                return;
            }
            window = windowFor(buffer);
            message = messageOf(buffer);
        } catch (Throwable e) {
            buffer.release();
            fail(Exceptions.isJvmFatal(e) ? e : Operators.onOperatorError(e, currentContext()));
            Exceptions.throwIfJvmFatal(e);
            return;
        }
        lentBytes += buffer.pinnedBytes();
        if (collected != null) {
            collected.add(buffer, lentBytes);
        }
        actual.onNext(message);
    }

    private static int windowFor(PooledBuffer buffer) {
        int counted = Math.max(1, Math.max(buffer.length(), buffer.pinnedBytes() / PINNED_SHARE));
        return Math.max(MIN_WINDOW, Math.min(MAX_WINDOW, WINDOW_BYTES / counted));
    }

    private T messageOf(PooledBuffer buffer) {
        ByteBuf bytes = Leases.of(buffer, this, ByteBufAllocator.DEFAULT);
        try {
            return source.form.apply(buffer, bytes);
        } catch (Throwable e) {
            bytes.release();
            throw e;
        }
    }

    private void ask() {
        long wanted = requested;
        if (cancelled || last || collected != null || wanted == 0) {
            return;
        }
        if (wanted == Long.MAX_VALUE) {
            collected = new SendCollected();
            source.channel.closeFuture().addListener(whenClosed);
            look();
            upstream.request(Long.MAX_VALUE);
        } else if (underway <= window / 2 && isWritable()) {
            int n = (int) Math.min(wanted, window - underway);
            underway += n;
            Operators.produced(REQUESTED, this, n);
            upstream.request(n);
        }
    }

    private void whenClosed() {
        closed = true;
        drain();
    }

    /** Looks again and again whether what is collected can be completed; on the event loop, as run() is. */
    private void look() {
        SendCollected body = collected;
        if (body == null || cancelled || ended) {
            return;
        }
        Throwable hopeless = body.look();
        if (hopeless == null) {
            var unused =
                    source.channel.eventLoop().schedule(this::look, SendCollected.LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            fail(hopeless);
            drain();
        }
    }

    /** If not, listens to the channel until the end: it says when it is. */
    private boolean isWritable() {
        if (source.channel.isWritable()) {
            return true;
        }
        if (listener == null) {
            listener = new SendWritability(this::drain);
            source.channel.pipeline().addFirst(listener);
        }
        return false;
    }

    private void stopListening() {
        if (listener != null) {
            listener.leave();
            listener = null;
        }
        if (collected != null) {
            collected.end();
            source.channel.closeFuture().removeListener(whenClosed);
        }
    }

    private static void releaseAll(Queue<PooledBuffer> buffers) {
        for (PooledBuffer buffer = buffers.poll(); buffer != null; buffer = buffers.poll()) {
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
            return last && queue.isEmpty();
        } else if (key == Attr.ERROR) {
            return failure;
        } else if (key == Attr.BUFFERED) {
            return queue.size();
        } else if (key == Attr.PREFETCH) {
            return MAX_WINDOW;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
