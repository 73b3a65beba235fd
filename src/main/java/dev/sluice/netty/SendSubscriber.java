package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** One subscription of {@link FluxSend}. */
final class SendSubscriber<T> implements CoreSubscriber<PooledBuffer>, Subscription, Scannable {

    /*
     * The window. reactor-netty asks for 128 buffers and keeps them until the socket takes them. So this asks upstream
     * for fewer: what it has asked for and Netty has not released is at most `window` buffers, which the length of the
     * last one decides. Whoever asks without bound gets everything: it collects before it sends, as the HTTP client does
     * with the body of a GET, and would wait for ever.
     *
     *   underway   requested of upstream and not here yet, or here and not released: a buffer is lent to Netty, and its
     *              return takes it off
     *   requested  asked for downstream, and not asked for upstream
     *
     * Whoever raises `wip` from 0 has the floor and requests; so requests are serial. Buffers do not wait here: they are
     * passed on by the thread that brings them, and are Netty's from then on. Cancel against onNext: a buffer that comes
     * later is passed on all the same where onNext did not see the cancellation, and whoever is downstream discards it.
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
    private static final AtomicIntegerFieldUpdater<SendSubscriber> UNDERWAY =
            AtomicIntegerFieldUpdater.newUpdater(SendSubscriber.class, "underway");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<SendSubscriber> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(SendSubscriber.class, "requested");

    private final CoreSubscriber<? super T> actual;
    private final BiFunction<? super PooledBuffer, ? super ByteBuf, ? extends T> form;
    private final boolean keepsEmpty;

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;
    private volatile int underway;
    private volatile long requested;
    private volatile int window = MIN_WINDOW;
    private volatile boolean ended;
    private boolean unbounded;

    SendSubscriber(
            CoreSubscriber<? super T> actual,
            BiFunction<? super PooledBuffer, ? super ByteBuf, ? extends T> form,
            boolean keepsEmpty) {
        this.actual = actual;
        this.form = form;
        this.keepsEmpty = keepsEmpty;
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
            ask();
        }
    }

    private void ask() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        int missed = 1;
        do {
            askAsTheWindowAllows();
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    private void askAsTheWindowAllows() {
        long wanted = requested;
        if (ended || unbounded || wanted == 0) {
            return;
        }
        if (wanted == Long.MAX_VALUE) {
            unbounded = true;
            upstream.request(Long.MAX_VALUE);
            return;
        }
        int now = underway;
        int most = window;
        if (now <= most / 2) {
            int n = (int) Math.min(wanted, most - now);
            UNDERWAY.addAndGet(this, n);
            Operators.produced(REQUESTED, this, n);
            upstream.request(n);
        }
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        if (ended) {
            buffer.release();
            return;
        }
        T message;
        try {
            if (buffer.isEmpty() && !keepsEmpty) {
                buffer.release();
                Operators.addCap(REQUESTED, this, 1);
                written();
                return;
            }
            int counted = Math.max(1, Math.max(buffer.length(), buffer.pinnedBytes() / PINNED_SHARE));
            window = Math.max(MIN_WINDOW, Math.min(MAX_WINDOW, WINDOW_BYTES / counted));
            message = messageOf(buffer);
        } catch (RuntimeException e) {
            buffer.release();
            onError(Operators.onOperatorError(upstream, e, buffer, currentContext()));
            return;
        }
        actual.onNext(message);
    }

    private T messageOf(PooledBuffer buffer) {
        PooledBuffer lent = buffer.lend(() -> {
            buffer.release();
            written();
        });
        try {
            return form.apply(buffer, Leases.of(lent));
        } catch (RuntimeException e) {
            lent.release();
            throw e;
        }
    }

    private void written() {
        UNDERWAY.decrementAndGet(this);
        ask();
    }

    @Override
    public void onError(Throwable error) {
        if (ended) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        ended = true;
        actual.onError(error);
    }

    @Override
    public void onComplete() {
        if (!ended) {
            ended = true;
            actual.onComplete();
        }
    }

    @Override
    public void cancel() {
        ended = true;
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
            return ended;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
