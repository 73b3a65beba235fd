package dev.sluice;

import static dev.sluice.Messages.message;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A request that may have to wait.
 *
 * <pre>{@code
 *              +--> GRANTED     completed with a lease, which the caller owns
 *   WAITING ---+--> CANCELLED   by the caller
 *              +--> TIMED_OUT   completed with a PoolExhaustedException
 *              +--> CLOSED      completed with a PoolClosedException
 * }</pre>
 *
 * The state is the future's own result, so each transition is its one compare-and-set. A grant that loses releases the
 * lease it brought; a cancel that loses returns false, and the lease is the caller's. Whoever wins, the request leaves
 * its queue at once.
 */
final class PendingRequest extends CompletableFuture<PooledBuffer> {

    final SizeClass sizeClass;
    final int size;
    private final @Nullable Object holder;

    /** When it began to stand in line, by the pool's clock. Written before it is in a queue. */
    long sinceNanos;

    /** The place in turn among all requests of the ledger. */
    long ticket;

    /** Where the request waits: not null from when it stands in line until it has left. Written under the ledger. */
    volatile @Nullable WaitQueue queue;

    /** The neighbours there. Guarded by the ledger. */
    @Nullable PendingRequest previous;

    @Nullable PendingRequest next;

    PendingRequest(SizeClass sizeClass, int size, @Nullable Object holder) {
        this.sizeClass = sizeClass;
        this.size = size;
        this.holder = holder;
    }

    private BufferPool pool() {
        return sizeClass.pool;
    }

    /** Leaves the queue whenever the request ends, however that comes. Called once it waits. */
    void waits(@Nullable Duration timeout) {
        Future<?> timer = timeout == null ? null : startTimer(timeout);
        CompletableFuture<PooledBuffer> unused = whenComplete((buffer, error) -> {
            if (timer != null) {
                timer.cancel(false);
            }
            pool().ledger().forget(this);
            tellEnd(endOf(error));
        });
    }

    private void tellEnd(PoolEvent.Waited.End end) {
        if (pool().events().isOn()) {
            pool().events().waited(size, pool().clock().nanoTime() - sinceNanos, end);
        }
    }

    /** Whatever the pool does not do, the caller did to the future. */
    private static PoolEvent.Waited.End endOf(@Nullable Throwable error) {
        if (error == null) {
            return PoolEvent.Waited.End.GRANTED;
        }
        if (error instanceof PoolClosedException) {
            return PoolEvent.Waited.End.CLOSED;
        }
        if (error instanceof PoolExhaustedException exhausted) {
            return exhausted.getCause() == null ? PoolEvent.Waited.End.TIMED_OUT : PoolEvent.Waited.End.REFUSED;
        }
        return error instanceof TimeoutException ? PoolEvent.Waited.End.TIMED_OUT : PoolEvent.Waited.End.CANCELLED;
    }

    /** Ends a request that does not get to wait. */
    void refuse(PoolExhaustedException error) {
        if (completeExceptionally(error)) {
            tellEnd(PoolEvent.Waited.End.REFUSED);
        }
    }

    /** A clock that refuses ends the request: it must not wait for ever instead. */
    private @Nullable Future<?> startTimer(Duration timeout) {
        try {
            return pool().clock().schedule(() -> timeOut(timeout), nanos(timeout));
        } catch (RuntimeException e) {
            completeExceptionally(e);
            return null;
        }
    }

    private static long nanos(Duration timeout) {
        if (timeout.isNegative()) {
            return 0;
        }
        return timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0 ? Long.MAX_VALUE : timeout.toNanos();
    }

    private void timeOut(Duration waited) {
        if (!isDone()) {
            completeExceptionally(PoolExhaustedException.of(pool(), size, message("waited %s in vain", waited), null));
        }
    }

    PoolDump.Waiting describe(WaitQueue waitsAt, long now) {
        return new PoolDump.Waiting(
                size, Duration.ofNanos(now - sinceNanos), LeaseWatch.Lost.text(holder), waitsAt.reason());
    }

    void fail(OutOfMemoryError error) {
        completeExceptionally(PoolExhaustedException.outOfMemory(pool(), size, error));
    }

    void grant(Slot slot) {
        PooledBuffer lease = holder == null ? slot.lease(size) : slot.lease(size, holder);
        if (!complete(lease)) {
            lease.release();
        }
    }
}
