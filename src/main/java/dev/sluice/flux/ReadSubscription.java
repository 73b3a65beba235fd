package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** One subscriber's way through one {@link ByteSource}. */
final class ReadSubscription implements Subscription, Scannable, Runnable {

    /*
     * The thread that raises `wip` from 0 has the floor and schedules run(); a thread that finds it above 0 only leaves
     * a note there.
     *
     *   idle      wip = 0   all that was asked for is emitted; a request or a cancellation takes the floor
     *   running   wip > 0   run() reads and emits on the scheduler
     *   waiting   wip > 0   nobody runs; the turn's answer schedules run(), and there is always exactly one answer.
     *                       So do the end of an asynchronous read and the end of a pause
     *   ended     wip > 0   for ever: later requests and cancellations find it taken
     *
     * The plain fields belong to the holder of the floor. It passes through `wip` and through the scheduler, both of
     * which publish them.
     *
     * Cancel against grant: cancel() writes `cancelled`, then reads `turn`; the waiting side writes `turn`, then reads
     * `cancelled`. So at least one of the two cancels the turn. If a buffer was faster, it is the turn's answer, and
     * run() releases it. A pause and an asynchronous read are ended in the same way; the buffer of the read stays taken
     * until the read has ended. Cancel against onNext: what onNext has been called with is the subscriber's.
     */

    private static final AtomicIntegerFieldUpdater<ReadSubscription> WIP =
            AtomicIntegerFieldUpdater.newUpdater(ReadSubscription.class, "wip");
    private static final AtomicLongFieldUpdater<ReadSubscription> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(ReadSubscription.class, "requested");

    /** A read that takes longer is of a disk, and what it brought does not wait for the next one. */
    private static final long QUICK_NANOS = 100_000;

    private final CoreSubscriber<? super PooledBuffer> actual;

    /** The same, if it hands over to another thread: it is told of several buffers at once. */
    private final @Nullable EmitOnSubscriber handOver;

    private final FluxRead source;
    private final BufferPool pool;
    private final Object origin;

    /** 1 from the start: {@link #start()} has the floor, so that nothing is emitted before onSubscribe returns. */
    private volatile int wip = 1;

    private volatile long requested;
    private volatile boolean cancelled;
    private volatile @Nullable Throwable failure;
    private volatile @Nullable Turn turn;
    private volatile @Nullable Handoff pause;
    private volatile @Nullable ReadState reading;

    private final @Nullable ReservePlace place;
    private final WaitPolicy policy;

    /** What is read into, from when it was taken until it is emitted. */
    private @Nullable PooledBuffer filling;

    /** Whether the subscriber is being called, so that what is thrown is the subscriber's. */
    private boolean signalling;

    private volatile boolean ended;

    ReadSubscription(FluxRead source, CoreSubscriber<? super PooledBuffer> actual) {
        this.source = source;
        this.pool = source.pool;
        this.actual = actual;
        this.handOver = actual instanceof EmitOnSubscriber emitOn ? emitOn : null;
        this.origin = Origin.of(source, actual);
        this.place = ReservePlace.ofSource(actual.currentContext(), pool, source.chunkSize());
        this.policy = source.policyIn(actual.currentContext());
    }

    void start() {
        if (cancelled) {
            close(null); // nothing runs that would; others of the pipeline may have entered the reserve with this
            // source
        } else {
            schedule();
        }
    }

    @Override
    public void request(long n) {
        if (n > 0) {
            Operators.addCap(REQUESTED, this, n);
            reportWhileWaiting();
        } else {
            failure = failure == null ? ForeignCode.badRequest(n) : failure;
            ForeignCode.quietly(this::interrupt, actual);
        }
        wake();
    }

    /**
     * Nobody runs to tell the pool of a request that comes during the wait.
     *
     * <p>Request against wait: request() writes {@code requested}, then reads {@code turn}; the waiting side writes
     * {@code turn}, then reads {@code requested}. So at least one of the two reports. The turn publishes the reading.
     */
    private void reportWhileWaiting() {
        if (turn != null) {
            ReadState now = reading;
            if (now != null) {
                now.report();
            }
        }
    }

    @Override
    public void cancel() {
        if (!cancelled) {
            cancelled = true;
            ForeignCode.quietly(this::interrupt, actual);
            wake();
        }
    }

    /** Ends whatever is waited for. */
    private void interrupt() {
        giveUpTurn();
        Handoff resting = pause;
        if (resting != null) {
            resting.end();
        }
        ReadState open = reading;
        if (open != null) {
            open.interrupt();
        }
    }

    private void giveUpTurn() {
        Turn waiting = turn;
        if (waiting != null) {
            waiting.cancel();
        }
    }

    private void wake() {
        if (WIP.getAndIncrement(this) == 0) {
            schedule();
        }
    }

    /** The memory is there. The thread that released it is not kept, even if the source has no scheduler of its own. */
    private void answered() {
        schedule(source.scheduler == Schedulers.immediate() ? Schedulers.parallel() : source.scheduler);
    }

    private void schedule() {
        schedule(source.scheduler);
    }

    /** For the holder of the floor. A scheduler that refuses leaves it no thread but this one to end on. */
    private void schedule(Scheduler scheduler) {
        Throwable refused = Handoff.to(scheduler, actual, this);
        if (refused != null) {
            fail(refused);
        }
    }

    @Override
    public void run() {
        try {
            drain();
        } catch (Throwable e) {
            // The floor is not given up, so nothing follows.
            if (signalling) {
                close(e); // the subscriber threw, and gets no other signal
                flush();
                throw ForeignCode.sneaky(e);
            }
            fail(e);
            Exceptions.throwIfJvmFatal(e);
        }
    }

    private void drain() throws Exception {
        int missed = 1;
        do {
            if (!emitRequested()) {
                return;
            }
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    /** Returns whether the floor is free: false if this waits for something or has ended. */
    private boolean emitRequested() throws Exception {
        while (!cancelled && failure == null) {
            ReadState now = reading;
            if (now == null) {
                reading = ReadState.open(source, () -> requested, this::schedule);
            } else if (now.isAtEnd()) {
                complete(now);
                return false;
            } else {
                now.report();
                if (requested == 0) {
                    flush();
                    return true;
                }
                if (!emitNext(now)) {
                    return false;
                }
            }
        }
        Throwable reason = failure;
        if (cancelled || reason == null) {
            close(null);
        } else {
            fail(reason);
        }
        return false;
    }

    /** Returns whether to go on: false if this waits for something or has ended. */
    private boolean emitNext(ReadState now) throws IOException {
        PooledBuffer block = filling;
        long began = handOver == null ? 0 : System.nanoTime();
        if (block == null) {
            long pauseNanos = now.pauseNanos();
            if (pauseNanos > 0) {
                rest(pauseNanos);
                return false;
            }
            block = take(now);
            if (block == null) {
                now.report(); // a request that came before the turn was to be seen; see reportWhileWaiting
                return false;
            }
            filling = block;
        }
        if (!fill(block, now)) {
            return false;
        }
        filling = null;
        Operators.produced(REQUESTED, this, emit(block, now.chunkBytes()));
        if (handOver != null && (!now.isAtHand() || System.nanoTime() - began > QUICK_NANOS)) {
            flush();
        }
        return true;
    }

    /** Called before anything is waited for, which may be what was handed over, and where nothing follows. */
    private void flush() {
        if (handOver != null) {
            signalling = true;
            handOver.flush();
            signalling = false;
        }
    }

    /**
     * Waits without a thread. The timer is Reactor's own, on {@link Schedulers#parallel()}: a delay on a bounded
     * elastic scheduler would keep one of its threads for itself.
     */
    private void rest(long nanos) {
        flush();
        Handoff resting = new Handoff(actual, this::schedule);
        pause = resting;
        if (cancelled || failure != null) {
            resting.end();
            return;
        }
        Throwable refused = resting.after(Schedulers.parallel(), nanos);
        if (refused != null) {
            fail(refused);
        }
    }

    /** Takes what a turn brought, or what is free now, or else a new turn: then another thread may be running. */
    private @Nullable PooledBuffer take(ReadState now) {
        Turn answered = turn;
        if (answered != null) {
            turn = null;
            return answered.take();
        }
        int chunk = now.chunkBytes();
        if (place == null || place.hasEntered(pool)) {
            int bytes = now.bytesFor(requested);
            Optional<PooledBuffer> free = pool.tryAcquireUntold(bytes, origin);
            if (free.isEmpty() && bytes > chunk) {
                free = pool.tryAcquireUntold(chunk, origin);
            }
            if (free.isPresent()) {
                return free.get();
            }
        } else {
            place.setBytes(chunk);
        }
        takeTurn(chunk);
        return null;
    }

    private void takeTurn(int bytes) {
        flush();
        Turn waiting = new Turn(pool, bytes, bytes, place, origin, this::answered);
        turn = waiting;
        waiting.start(policy);
        if (cancelled || failure != null) {
            waiting.cancel();
        }
    }

    /** Returns false if the read ends later: then another thread may be running. */
    private boolean fill(PooledBuffer block, ReadState from) throws IOException {
        ByteBuffer target = from.limited(block.byteBuffer());
        ByteSource.Read read = ByteSource.Read.ON;
        while (read == ByteSource.Read.ON && target.hasRemaining() && !cancelled) {
            read = from.read(target);
        }
        if (read == ByteSource.Read.LATER) {
            return false;
        }
        block.resize(target.position());
        return true;
    }

    /** Emits a block in chunks, of which there are as many as are requested, or fewer; returns how many. */
    private int emit(PooledBuffer block, int chunk) {
        int length = block.length();
        if (length == 0 || cancelled) {
            block.release();
            return 0;
        }
        if (length <= chunk) {
            pass(block);
            return 1;
        }
        int emitted = 0;
        try {
            for (int offset = 0; offset < length && !cancelled; offset += chunk) {
                emitted++;
                pass(block.slice(offset, Math.min(chunk, length - offset)));
            }
        } finally {
            block.release();
        }
        return emitted;
    }

    private void pass(PooledBuffer chunk) {
        signalling = true;
        if (handOver == null) {
            actual.onNext(chunk);
        } else {
            handOver.enqueue(chunk);
        }
        signalling = false;
    }

    private void complete(ReadState last) throws IOException {
        reading = null;
        last.closeAtEnd();
        close(null);
        signalling = true;
        actual.onComplete();
    }

    private void fail(Throwable error) {
        if (cancelled) {
            // Most likely because of it: a source may be closed while it is read.
            close(error);
            return;
        }
        Throwable reason = failure == null ? error : failure;
        failure = reason;
        close(reason);
        signalling = true;
        actual.onError(reason);
    }

    /** Gives everything back, before the last signal. What fails here is told along with the reason. */
    private void close(@Nullable Throwable reason) {
        ended = true;
        Turn waiting = turn;
        if (waiting != null) {
            turn = null;
            waiting.abandon();
        }
        if (place != null) {
            place.leave();
        }
        if (filling != null) {
            filling.release();
            filling = null;
        }
        ReadState last = reading;
        reading = null;
        if (last != null) {
            try {
                last.close();
            } catch (Throwable e) {
                dropped(e, reason);
            }
        }
    }

    private void dropped(Throwable error, @Nullable Throwable reason) {
        if (reason == null) {
            Operators.onErrorDropped(error, actual.currentContext());
        } else if (reason != error) {
            reason.addSuppressed(error);
        }
    }

    /** Whether the next buffer, or the end, comes without waiting for anybody but the pool. */
    boolean isAtHand() {
        ReadState now = reading;
        return now != null && now.isAtHand();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.ACTUAL) {
            return actual;
        } else if (key == Attr.CANCELLED) {
            return cancelled;
        } else if (key == Attr.TERMINATED) {
            return ended && !cancelled;
        } else if (key == Attr.ERROR) {
            return failure;
        } else if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
        } else if (key == Attr.RUN_ON) {
            return source.scheduler;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
