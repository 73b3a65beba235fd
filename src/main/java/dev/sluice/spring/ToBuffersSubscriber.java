package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** One subscription of {@link ToBuffersFlux}. */
final class ToBuffersSubscriber implements CoreSubscriber<DataBuffer>, Subscription, Scannable {

    /*
     * The thread that raises `wip` from 0 has the floor and drains; a thread that finds it above 0 leaves: the drainer
     * goes round again. The plain fields belong to the holder of the floor.
     *
     * Upstream is asked for one data buffer at a time, and for the next only when the last was passed on as a whole. So
     * at most one is held here while its turn in the pool is awaited. An error does not wait for that: what is held is
     * dropped. A grant that comes after the end is released by the drain that it causes.
     */

    private static final AtomicIntegerFieldUpdater<ToBuffersSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(ToBuffersSubscriber.class, "wip");

    private static final AtomicLongFieldUpdater<ToBuffersSubscriber> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(ToBuffersSubscriber.class, "requested");

    private static final int LARGEST_COPY_BYTES = 64 << 10;
    private static final int BUDGET_SHARE = 8;

    private final CoreSubscriber<? super PooledBuffer> actual;
    private final String name;
    private final BufferPool pool;
    private final BufferLimits limits;
    private final AtomicReference<@Nullable DataBuffer> arrived = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;
    private volatile long requested;
    private volatile boolean cancelled;
    private volatile boolean done;
    private volatile boolean ended;

    private boolean asked;
    private @Nullable DataBuffer held;
    private @Nullable ToBuffersTurn turn;
    private @Nullable ToBuffersSpare spare;

    ToBuffersSubscriber(
            CoreSubscriber<? super PooledBuffer> actual, String name, BufferPool pool, BufferLimits limits) {
        this.actual = actual;
        this.name = name;
        this.pool = pool;
        this.limits = limits;
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
            fail(new IllegalArgumentException(message("rule 3.9: a request must be for at least 1, not %,d", n)));
            return;
        }
        Operators.addCap(REQUESTED, this, n);
        drain();
    }

    @Override
    public void onNext(DataBuffer buffer) {
        if (done || ended) {
            DataBufferUtils.release(buffer);
            return;
        }
        if (!arrived.compareAndSet(null, buffer)) {
            DataBufferUtils.release(buffer);
            fail(Exceptions.failWithOverflow("the source emitted more data buffers than were requested"));
            return;
        }
        drain();
    }

    @Override
    public void onError(Throwable error) {
        if (done) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        done = true;
        fail(error);
    }

    @Override
    public void onComplete() {
        done = true;
        drain();
    }

    @Override
    public void cancel() {
        cancelled = true;
        upstream.cancel();
        drain();
    }

    private void fail(Throwable error) {
        if (ended || !failure.compareAndSet(null, error)) {
            Operators.onErrorDropped(error, currentContext());
        }
        drain();
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
                drain();
            }
        }
    }

    private void advance() {
        boolean more = true;
        while (more && !ended) {
            Throwable error = failure.get();
            // Read before the arrival is: what came before the end is then found there.
            boolean last = done;
            if (cancelled) {
                ended = true;
            } else if (error != null) {
                ended = true;
                releaseAll();
                if (!last) {
                    upstream.cancel();
                }
                actual.onError(error);
            } else if (isHolding()) {
                more = passOn();
            } else if (last) {
                ended = true;
                actual.onComplete();
            } else {
                more = ask();
            }
        }
    }

    private boolean isHolding() {
        if (held == null) {
            held = arrived.getAndSet(null);
        }
        return held != null;
    }

    private boolean ask() {
        if (asked || requested == 0) {
            return false;
        }
        asked = true;
        if (spare == null && limits.onExhaustion() != OnExhaustion.REFUSE) {
            spare = ToBuffersSpare.enter(pool);
        }
        upstream.request(1);
        return true;
    }

    private boolean passOn() {
        DataBuffer from = held;
        if (from == null) {
            return true;
        }
        if (from.readableByteCount() == 0) {
            drop();
            return true;
        }
        if (requested == 0) {
            return false;
        }
        PooledBuffer next;
        try {
            next = next(from);
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
            return true;
        }
        if (next == null) {
            return false;
        }
        Operators.produced(REQUESTED, this, 1);
        actual.onNext(next);
        return true;
    }

    /** The next lease: the data buffer's own, or a copy of as much as fits; null if the turn has not come. */
    private @Nullable PooledBuffer next(DataBuffer from) {
        PooledBuffer own = DataBuffers.takeLease(from, pool);
        if (own != null) {
            held = null;
            asked = false;
            return own;
        }
        PooledBuffer copy = take(sizeOf(from));
        if (copy != null) {
            from.toByteBuffer(from.readPosition(), copy.byteBuffer(), 0, copy.length());
            from.readPosition(from.readPosition() + copy.length());
            if (from.readableByteCount() == 0) {
                drop();
            }
        }
        return copy;
    }

    private int sizeOf(DataBuffer from) {
        long share = Math.max(1, pool.budget().limit() / BUDGET_SHARE);
        return (int) Math.min(Math.min(from.readableByteCount(), LARGEST_COPY_BYTES), share);
    }

    private @Nullable PooledBuffer take(int size) {
        ToBuffersTurn waiting = turn;
        if (waiting == null) {
            Optional<PooledBuffer> free = pool.tryAcquireUntold(size, name);
            if (free.isPresent()) {
                return free.get();
            }
            if (spare == null) {
                return pool.acquire(size, name); // which says why there is nothing
            }
            waiting = new ToBuffersTurn(size, spare, this::answered);
            turn = waiting;
            waiting.start(pool, limits.patience(), name);
        }
        if (!waiting.isAnswered()) {
            return null;
        }
        turn = null;
        return waiting.take();
    }

    /**
     * Runs on the thread that released the memory, which may be in the midst of anything: a server releases within its
     * own code, into which a subscriber must not call back.
     */
    private void answered() {
        try {
            Schedulers.parallel().schedule(this::goOn);
        } catch (RejectedExecutionException e) {
            goOn(); // nobody is in the midst of anything there any more
        }
    }

    private void goOn() {
        try {
            drain();
        } catch (Throwable e) {
            Operators.onErrorDropped(e, currentContext());
        }
    }

    private void drop() {
        DataBuffer from = held;
        held = null;
        asked = false;
        DataBufferUtils.release(from);
    }

    private void releaseAll() {
        DataBufferUtils.release(held);
        held = null;
        DataBufferUtils.release(arrived.getAndSet(null));
        if (turn != null) {
            turn.abandon();
            turn = null;
        }
        if (spare != null) {
            spare.leave();
            spare = null;
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
        } else if (key == Attr.NAME) {
            return name;
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return ended && !cancelled;
        } else if (key == Attr.ERROR) {
            return failure.get();
        } else if (key == Attr.PREFETCH) {
            return 1;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
