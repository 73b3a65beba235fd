package dev.sluice;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
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
 * lease it brought; a cancel that loses returns false, and the lease is the caller's.
 *
 * <p>However it ends, the request leaves its line first, and those who stood behind it get what they can have. Then it
 * is completed, which runs what depends on it. That is right for each call that ends it, also for one that loses: after
 * any of them the future is done.
 */
final class PendingRequest extends CompletableFuture<PooledBuffer> {

    final SizeClass sizeClass;
    final int size;
    private final @Nullable Object holder;

    /**
     * What the ledger decides for it. Made with the request, so that a grant needs no memory. Guarded by the ledger.
     */
    final LedgerDecision decision;

    /** When it began to stand in line, by the pool's clock. Written before it is in a line. */
    private final long sinceNanos;

    /** The place in turn among all requests of the ledger. */
    long ticket;

    /** Where the request waits: not null from when it stands in line until it has left. Written under the ledger. */
    volatile @Nullable WaitLine line;

    /** The neighbours there. Guarded by the ledger. */
    @Nullable PendingRequest previous;

    @Nullable PendingRequest next;

    /** The next one of those who got something at the same time. Guarded by {@link GrantDelivery}, once it is there. */
    @Nullable PendingRequest nextGranted;

    /** The next member of its {@link PendingGroup}, which takes its place in line. Written before it is in a line. */
    @Nullable PendingRequest follower;

    private volatile @Nullable Future<?> timer;

    /** Whether it had to wait, so that its end is an event. */
    private volatile boolean waited;

    PendingRequest(SizeClass sizeClass, int size, @Nullable Object holder) {
        this.sizeClass = sizeClass;
        this.size = size;
        this.holder = holder;
        this.decision = new LedgerDecision(sizeClass, size);
        this.sinceNanos = sizeClass.pool.clock().nanoTime();
    }

    private BufferPool pool() {
        return sizeClass.pool;
    }

    /** Stands in line without a bound in time. */
    void waits() {
        waited = true;
    }

    /** Stands in line now; a clock that refuses ends the request, which must not wait for ever instead. */
    void waits(@Nullable Duration timeout) {
        waited = true;
        if (timeout == null) {
            return;
        }
        try {
            timer = pool().clock().schedule(() -> timeOut(timeout), nanos(timeout));
            if (isDone()) {
                cancelTimer();
            }
        } catch (RuntimeException | Error e) {
            completeExceptionally(e);
        }
    }

    private static long nanos(Duration timeout) {
        if (timeout.isNegative()) {
            return 0;
        }
        return timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0 ? Long.MAX_VALUE : timeout.toNanos();
    }

    private void timeOut(Duration patience) {
        if (!isDone()) {
            pool().ledger().leave(this); // who fails does not wait any more, and is not counted
            completeExceptionally(PoolExhaustedException.timedOut(pool().shortage(), size, patience));
        }
    }

    private void cancelTimer() {
        Future<?> now = timer;
        if (now != null) {
            timer = null;
            try {
                now.cancel(false);
            } catch (RuntimeException | Error e) {
                EventLogOnce.TROUBLE.warn("the clock of a pool could not cancel a timeout", e);
            }
        }
    }

    @Override
    public boolean complete(PooledBuffer buffer) {
        pool().ledger().leave(this);
        long nanos = waitedNanos();
        boolean completes = super.complete(buffer);
        if (completes) {
            ended(nanos, PoolEvent.Waited.End.GRANTED);
        }
        return completes;
    }

    @Override
    public boolean completeExceptionally(Throwable error) {
        pool().ledger().leave(this);
        long nanos = waitedNanos();
        boolean completes = super.completeExceptionally(error);
        if (completes) {
            ended(nanos, endOf(error));
        }
        return completes;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        pool().ledger().leave(this);
        long nanos = waitedNanos();
        boolean wasDone = isDone();
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        pool().ledger().leave(this); // it may have followed another into the line meanwhile; see Ledger
        if (cancelled && !wasDone) {
            ended(nanos, PoolEvent.Waited.End.CANCELLED);
        }
        return cancelled;
    }

    @Override
    public CompletableFuture<PooledBuffer> completeAsync(Supplier<? extends PooledBuffer> supplier, Executor executor) {
        var unused = CompletableFuture.supplyAsync(supplier, executor).whenComplete((buffer, error) -> {
            if (error == null) {
                complete(buffer);
            } else {
                completeExceptionally(error);
            }
        });
        return this;
    }

    @Override
    public void obtrudeValue(PooledBuffer buffer) {
        pool().ledger().leave(this);
        super.obtrudeValue(buffer);
        cancelTimer();
    }

    @Override
    public void obtrudeException(Throwable error) {
        pool().ledger().leave(this);
        super.obtrudeException(error);
        cancelTimer();
    }

    /** Measured before the request is completed, because what depends on it takes its own time. */
    private long waitedNanos() {
        return waited && pool().events().isOn() ? pool().clock().nanoTime() - sinceNanos : 0;
    }

    private void ended(long nanos, PoolEvent.Waited.End end) {
        cancelTimer();
        if (waited || end == PoolEvent.Waited.End.REFUSED) {
            pool().events().waited(size, nanos, end);
        }
    }

    /** Whatever the pool does not do, the caller did to the future. */
    private static PoolEvent.Waited.End endOf(Throwable error) {
        if (error instanceof PoolClosedException) {
            return PoolEvent.Waited.End.CLOSED;
        }
        if (error instanceof PoolExhaustedException exhausted) {
            return exhausted.isTimeout() ? PoolEvent.Waited.End.TIMED_OUT : PoolEvent.Waited.End.REFUSED;
        }
        return error instanceof TimeoutException ? PoolEvent.Waited.End.TIMED_OUT : PoolEvent.Waited.End.CANCELLED;
    }

    /** What is known of a request that waits. */
    PoolDump.Waiting describe(String reason, long now) {
        return new PoolDump.Waiting(size, Duration.ofNanos(now - sinceNanos), LeaseWatch.Lost.text(holder), reason);
    }

    /**
     * Carries out what the ledger decided, unless the request has ended; calls the receiver with no lock held. A slab
     * that was made, or not made after all, may serve others too. A slot that a request declines is released, and that
     * serves. Never throws.
     */
    void deliver() {
        try {
            Throwable failure = decision.failure();
            if (failure != null) {
                fail(failure);
            } else if (isDone()) {
                decision.decline();
            } else {
                Slot slot = decision.carryOut();
                if (slot != null) {
                    grant(slot);
                }
            }
            if (decision.isGrowth() || failure != null) {
                pool().ledger().serve(sizeClass);
            }
        } catch (RuntimeException | Error e) {
            fail(e);
            serveQuietly();
        }
    }

    private void serveQuietly() {
        try {
            pool().ledger().serve(sizeClass);
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("those who wait could not be served", e);
        }
    }

    /** Ends the request with an error; with that very one, if there is not even memory to say it better. */
    void fail(Throwable error) {
        try {
            completeExceptionally(
                    error instanceof OutOfMemoryError noMemory
                            ? PoolExhaustedException.outOfMemory(pool().shortage(), size, noMemory)
                            : error);
        } catch (RuntimeException | Error e) {
            super.completeExceptionally(error);
        }
    }

    /** The same for a request that did not have to wait: what goes wrong ends it. */
    void grantNow(Slot slot) {
        try {
            grant(slot);
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    /** Leases a slot to the caller, or, if the request has ended, to nobody. */
    void grant(Slot slot) {
        PooledBuffer lease = sizeClass.lease(slot, size, holder);
        boolean completes = false;
        try {
            completes = complete(lease);
        } finally {
            if (!completes) {
                lease.release();
            }
        }
    }
}
