package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.Demand;
import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** One subscription of {@link FluxFromFrames}. */
final class FromFramesSubscriber<F> implements CoreSubscriber<F>, Subscription, Scannable {

    /*
     * The gate. Upstream is asked for one frame at a time, when a buffer is wanted and no frame is here. A frame whose
     * bytes lie in the pool passes as it is. One that lies elsewhere is kept, waits its turn in the line of the pool, and
     * is copied; and as long as it waits, nothing more is asked for. So a subscription keeps one frame at most from
     * outside the pool, and the line is what decides who goes on: first come, first served, with no way past it.
     *
     * It does not wait for room before it asks. Who asks does not know whether the answer is read already: reactor-netty
     * reads ahead, into memory of the pool. If connections whose frames lie ready waited for the pool, and the pool for
     * them, all would stand still. For the same reason nothing is held for a peer that is silent: there is no turn, no
     * buffer and no demand while upstream has been asked and has not answered. Only a pipeline below that takes memory of
     * its own waits once, before the first frame, until the reserve has what it needs; see Reserve.
     *
     * Whoever raises `wip` from 0 has the floor and drains; whoever finds it above 0 leaves: the drainer goes round
     * again. The plain fields belong to the holder of the floor.
     *
     * A frame is its publisher's when onNext returns; so onNext takes a lease or retains it, and puts that into `input`.
     * Cancel against onNext: what is put there after the end raises `wip` like anything else, and that drain finds
     * `ended` and gives it back. Cancel against grant: see StageMemory.
     */

    private static final int COPY_BYTES = 64 << 10;
    private static final int SHORT_BYTES = 4 << 10;
    private static final int BUDGET_SHARE = 8;

    /** Up to this length, a part of a buffer is copied out rather than that it pins more than so many times as much. */
    private static final int SMALL_BYTES = 1 << 10;

    private static final int SMALL_SHARE = 4;

    /** Of an unbounded request, what the pool is told. */
    private static final int MAX_REPORTED = 8;

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<FromFramesSubscriber> WIP =
            AtomicIntegerFieldUpdater.newUpdater(FromFramesSubscriber.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<FromFramesSubscriber> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(FromFramesSubscriber.class, "requested");

    private final CoreSubscriber<? super PooledBuffer> actual;
    private final FrameAccess<F> access;
    private final BufferPool pool;
    private final Object origin;
    private final StageMemory memory;
    private final Executor afterWait;
    private final int copyBytes;
    private final int leastBytes;

    /** Set before anything else can happen. */
    @SuppressWarnings("NullAway.Init")
    private Subscription upstream;

    private volatile int wip;
    private volatile long requested;
    private volatile boolean cancelled;

    /** What came last: a lease, or a frame that is retained. */
    private final AtomicReference<@Nullable Object> input = new AtomicReference<>();

    /** Upstream has ended, and how; `done` is written last. */
    private volatile boolean done;

    private @Nullable Throwable upstreamError;

    /** What went wrong here. */
    private volatile @Nullable Throwable failure;

    private boolean asked;
    private @Nullable F copying;
    private int copied;
    private @Nullable PooledBuffer ready;
    private @Nullable Demand demand;
    private long reported;
    private volatile boolean ended;

    FromFramesSubscriber(FluxFromFrames<F> source, CoreSubscriber<? super PooledBuffer> actual) {
        this.actual = actual;
        this.access = source.access;
        this.pool = source.pool;
        this.origin = Origin.of(source, actual);
        this.memory = new StageMemory(origin, actual.currentContext(), this::granted);
        this.afterWait = source.afterWait;
        this.copyBytes = (int) Math.max(1, Math.min(COPY_BYTES, pool.budget().limit() / BUDGET_SHARE));
        this.leastBytes = Math.min(SHORT_BYTES, copyBytes);
        memory.reserveForSource(access.isMessage() ? copyBytes : leastBytes);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        if (Operators.validate(upstream, subscription)) {
            upstream = subscription;
            actual.onSubscribe(this);
        }
    }

    @Override
    public void onNext(F frame) {
        Objects.requireNonNull(frame, "frame");
        if (done || cancelled || ended) {
            return;
        }
        Object taken;
        try {
            taken = take(frame);
        } catch (RuntimeException e) {
            done = true;
            fail(Operators.onOperatorError(upstream, e, currentContext()));
            return;
        }
        if (input.compareAndSet(null, taken)) {
            drain();
        } else {
            giveBack(taken);
            done = true;
            fail(Operators.onOperatorError(
                    upstream,
                    Exceptions.failWithOverflow("upstream emitted more frames than were requested"),
                    currentContext()));
        }
    }

    private Object take(F frame) {
        int length = access.length(frame);
        PooledBuffer lease = length == 0 ? null : access.lease(frame, pool);
        if (lease == null) {
            access.retain(frame);
            return frame;
        }
        lease.touch(origin);
        if (length > SMALL_BYTES || lease.pinnedBytes() <= SMALL_SHARE * pool.capacityFor(length)) {
            return lease;
        }
        PooledBuffer copy = copyOf(frame, length);
        if (copy == null) {
            return lease;
        }
        lease.release();
        return copy;
    }

    private @Nullable PooledBuffer copyOf(F frame, int length) {
        Optional<PooledBuffer> free;
        try {
            free = pool.tryAcquire(length, origin);
        } catch (BufferPoolException e) {
            return null; // closed: its leases are valid all the same
        }
        free.ifPresent(copy -> copy(frame, 0, copy, length));
        return free.orElse(null);
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

    /**
     * Runs on the thread that released the memory, which may be in the midst of anything: the library of the frames
     * releases them within its own code, into which a subscriber must not call back.
     */
    private void granted() {
        try {
            afterWait.execute(this::goOn);
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
                drain(); // whatever came meanwhile did so for nothing, and is given back
            }
        }
    }

    /** Goes on until it has ended or there is nothing to do before another signal comes. */
    private void advance() {
        boolean more = true;
        while (more && !ended) {
            Throwable error = failure;
            PooledBuffer result = ready;
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

    private boolean emit(PooledBuffer result) {
        if (requested == 0) {
            return false;
        }
        ready = null;
        Operators.produced(REQUESTED, this, 1);
        actual.onNext(result);
        return true;
    }

    /** Moves on by one step; false if there is none before another signal comes. */
    private boolean prepare() {
        boolean last = done && input.get() == null && copying == null;
        if (last) {
            complete();
            return false;
        }
        try {
            return step();
        } catch (RuntimeException e) {
            Throwable error = Operators.onOperatorError(upstream, e, currentContext());
            end();
            actual.onError(error);
            return false;
        }
    }

    private boolean step() {
        F frame = copying;
        if (frame != null) {
            return requested != 0 && copy(frame);
        }
        Object came = input.getAndSet(null);
        if (came != null) {
            asked = false;
            accept(came);
            return true;
        } else if (asked || requested == 0 || !memory.enter(pool)) {
            return false;
        }
        asked = true;
        upstream.request(1);
        return true;
    }

    private void accept(Object came) {
        if (came instanceof PooledBuffer lease) {
            ready = lease;
            return;
        }
        F frame = frame(came);
        if (access.length(frame) == 0 && !access.isMessage()) {
            access.release(frame);
        } else {
            copying = frame;
            copied = 0;
        }
    }

    @SuppressWarnings("unchecked")
    private F frame(Object came) {
        return (F) came;
    }

    /** Copies as much as one buffer takes, or waits for it. */
    private boolean copy(F frame) {
        int left = access.length(frame) - copied;
        int size = access.isMessage() ? Math.max(1, left) : Math.min(left, copyBytes);
        PooledBuffer buffer = memory.take(pool, size, access.isMessage() ? size : Math.min(size, leastBytes));
        report(size);
        if (buffer == null) {
            return false;
        }
        ready = buffer;
        int length = Math.min(left, buffer.length());
        copy(frame, copied, buffer, length);
        copied += length;
        if (length == left) {
            copying = null;
            access.release(frame);
        }
        return true;
    }

    private void copy(F frame, int offset, PooledBuffer target, int length) {
        access.copy(frame, offset, target.resize(length).byteBuffer());
        target.resize(length);
    }

    /** Tells what is wanted while it waits, beyond the buffer that is waited for: the pool counts that one by itself. */
    private void report(int size) {
        long wanted = memory.isAwaited() ? Math.min(requested, MAX_REPORTED) - 1 : 0;
        if (wanted != reported) {
            Demand account = demand;
            if (account == null) {
                account = pool.demand(size);
                demand = account;
            }
            account.add(wanted - reported);
            reported = wanted;
        }
    }

    private void complete() {
        Throwable error = upstreamError;
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
        giveBack(input.getAndSet(null));
        giveBack(copying);
        copying = null;
        giveBack(ready);
        ready = null;
        memory.release();
        if (demand != null) {
            demand.close();
        }
    }

    private void giveBack(@Nullable Object taken) {
        if (taken instanceof PooledBuffer lease) {
            lease.release();
        } else if (taken != null) {
            access.release(frame(taken));
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
            return ended && !cancelled;
        } else if (key == Attr.ERROR) {
            return failure;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        } else if (key == Attr.BUFFERED) {
            return input.get() == null ? 0 : 1;
        } else if (key == Attr.RUN_STYLE) {
            return Attr.RunStyle.ASYNC;
        }
        return key == Attr.PREFETCH ? 1 : null;
    }
}
