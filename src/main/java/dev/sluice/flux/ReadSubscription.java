package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/** One subscriber's way through one {@link ByteSource}. */
final class ReadSubscription implements Subscription, Scannable, Runnable {

    /*
     * Whoever raises `wip` from 0 has the floor and schedules run(); whoever finds it above 0 only leaves a note there.
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
    private volatile @Nullable ReadPause pause;
    private volatile @Nullable ReadState reading;

    private final @Nullable ReservePlace place;

    /** What is read into, from when it was taken until it is emitted. */
    private @Nullable PooledBuffer filling;

    private volatile boolean ended;

    ReadSubscription(FluxRead source, CoreSubscriber<? super PooledBuffer> actual) {
        this.source = source;
        this.pool = source.pool;
        this.actual = actual;
        this.handOver = actual instanceof EmitOnSubscriber emitOn ? emitOn : null;
        this.origin = Origin.of(source, actual);
        this.place = ReservePlace.ofSource(actual.currentContext());
    }

    void start() {
        if (!cancelled) {
            schedule();
        }
    }

    @Override
    public void request(long n) {
        if (n > 0) {
            Operators.addCap(REQUESTED, this, n);
            reportWhileWaiting();
        } else {
            failure = new IllegalArgumentException("rule 3.9: a request must be for at least 1, not %,d".formatted(n));
            interrupt();
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
            interrupt();
            wake();
        }
    }

    /** Ends whatever is waited for. */
    private void interrupt() {
        giveUpTurn();
        ReadPause resting = pause;
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

    /** For the holder of the floor. A scheduler that is shut down leaves it no thread but this one to end on. */
    private void schedule() {
        try {
            source.scheduler.schedule(this);
        } catch (RejectedExecutionException e) {
            if (cancelled) {
                close(null);
            } else {
                fail(Operators.onRejectedExecution(e, actual.currentContext()));
            }
        }
    }

    @Override
    public void run() {
        try {
            drain();
        } catch (Throwable e) {
            // A subscriber threw, or the JVM is in trouble. The floor is not given up, so nothing follows.
            close(e);
            flush();
            throw e;
        }
    }

    private void drain() {
        int missed = 1;
        do {
            if (!emitRequested()) {
                return;
            }
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    /** Returns whether the floor is free: false if this waits for something or has ended. */
    private boolean emitRequested() {
        while (!cancelled && failure == null) {
            ReadState now = reading;
            if (now == null) {
                if (!open()) {
                    return false;
                }
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

    private boolean open() {
        try {
            reading = ReadState.open(source, () -> requested, this::schedule);
            return true;
        } catch (Exception e) {
            fail(e);
            return false;
        }
    }

    /** Returns whether to go on: false if this waits for something or has ended. */
    private boolean emitNext(ReadState now) {
        PooledBuffer block = filling;
        long began = handOver == null ? 0 : System.nanoTime();
        try {
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
        } catch (IOException | RuntimeException e) {
            fail(e);
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
            handOver.flush();
        }
    }

    private void rest(long nanos) {
        flush();
        ReadPause resting = new ReadPause(this::schedule);
        pause = resting;
        if (cancelled || failure != null) {
            resting.end();
        } else {
            resting.begin(nanos);
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
        if (place == null || place.entered) {
            int bytes = now.bytesFor(requested);
            Optional<PooledBuffer> free = pool.tryAcquire(bytes, origin);
            if (free.isEmpty() && bytes > chunk) {
                free = pool.tryAcquire(chunk, origin);
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
        Turn waiting = new Turn(pool, bytes, bytes, place, origin, this::schedule);
        turn = waiting;
        waiting.start();
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
        if (handOver == null) {
            actual.onNext(chunk);
        } else {
            handOver.enqueue(chunk);
        }
    }

    private void complete(ReadState last) {
        reading = null;
        try {
            last.closeAtEnd();
        } catch (IOException | RuntimeException e) {
            fail(e);
            return;
        }
        close(null);
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
            } catch (IOException | RuntimeException e) {
                dropped(e, reason);
            }
        }
    }

    private void dropped(Exception error, @Nullable Throwable reason) {
        if (reason == null) {
            Operators.onErrorDropped(error, actual.currentContext());
        } else if (reason != error) {
            reason.addSuppressed(error);
        }
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
