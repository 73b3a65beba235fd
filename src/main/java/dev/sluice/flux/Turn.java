package dev.sluice.flux;

import dev.sluice.BudgetTooSmallException;
import dev.sluice.BufferPool;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * A wait for one buffer: in the line of a pool and, where the place has one, beside its {@link Reserve}.
 *
 * <p>It has exactly one answer: the first of a buffer, an error and {@link #cancel()}. A buffer that comes second goes
 * back.
 */
final class Turn {

    private static final Object CANCELLED = "cancelled";
    private static final Object TAKEN = "taken";

    private final BufferPool pool;
    private final int size;
    private final int least;
    private final @Nullable ReservePlace place;
    private final Object holder;
    private final Runnable whenAnswered;

    /** Null, then a buffer, an error or {@link #CANCELLED}, then {@link #TAKEN}. */
    private final AtomicReference<@Nullable Object> answer = new AtomicReference<>();

    private volatile @Nullable CompletableFuture<PooledBuffer> request;

    /** How long to wait. Written before the turn is in any line. */
    private WaitPolicy policy = WaitPolicy.forever();

    /** Ends the wait to enter, unless the turn {@linkplain #stands stands} by then. */
    private volatile @Nullable Future<?> entering;

    private volatile boolean stands;

    /**
     * Makes a turn.
     *
     * @param size how many bytes to ask the pool for
     * @param least how many bytes would do
     * @param place who asks; null for one that no reserve serves
     * @param holder names the asker in reports of lost leases
     * @param whenAnswered run once, on the thread that answers
     */
    Turn(BufferPool pool, int size, int least, @Nullable ReservePlace place, Object holder, Runnable whenAnswered) {
        this.pool = pool;
        this.size = size;
        this.least = least;
        this.place = place;
        this.holder = holder;
        this.whenAnswered = whenAnswered;
    }

    /**
     * Stands in line; before that, for a place that has not entered a reserve yet, in the line to enter it. Waits in
     * each as long as the policy says; where that is never, the turn has its answer when this returns.
     */
    void start(WaitPolicy waiting) {
        policy = waiting;
        boolean isIn;
        try {
            isIn = place == null || place.hasEntered(pool) || Reserve.enter(place, pool, this);
        } catch (RuntimeException | Error e) {
            answer(e);
            return;
        }
        if (isIn) {
            stand();
        } else if (isAnswered()) {
            // Cancel against enter: cancel() writes the answer, then leaves the line to enter; this enters it, then
            // reads the answer. So at least one of the two leaves it.
            Reserve.forget(this);
        } else if (policy.isNever()) {
            answer(PoolExhaustedException.of(pool, size, "other pipelines come first, and this one does not wait"));
        } else if (policy.patience() != null) {
            limitEntering();
        }
    }

    /** Enter against the time: each writes first, stand() `stands` and this `entering`, then reads the other's. */
    private void limitEntering() {
        try {
            Future<?> timer = pool.clock().schedule(this::enteredTooLate, policy.nanos());
            entering = timer;
            if (stands || isAnswered()) {
                timer.cancel(false);
            }
        } catch (Throwable e) {
            answer(e);
            Exceptions.throwIfJvmFatal(e);
        }
    }

    private void enteredTooLate() {
        if (!stands && !isAnswered()) {
            String why = Messages.message("waited %s in vain to begin beside other pipelines", policy.patience());
            answer(PoolExhaustedException.of(pool, size, why));
        }
    }

    /** The place may use the reserve, or must do without. */
    void stand() {
        stands = true;
        stopEntering();
        if (isAnswered()) {
            return;
        }
        CompletableFuture<PooledBuffer> asked;
        try {
            BudgetTooSmallException stuck = place == null ? null : Reserve.stuck(place, pool, least);
            if (stuck != null) {
                throw stuck;
            }
            if (policy.isNever()) {
                takeNow();
                return;
            }
            asked = pool.request(size, policy.patience(), holder);
        } catch (RuntimeException | Error e) {
            answer(e);
            return;
        }
        request = asked;
        if (isAnswered()) {
            asked.cancel(false);
        }
        var unused = asked.whenComplete(this::granted);
        if (place != null && !isAnswered()) {
            Reserve.want(place, pool, least, this);
        }
    }

    /** Takes what is free in the pool or in the reserve, or else hears from the pool why there is nothing. */
    private void takeNow() {
        Optional<PooledBuffer> free = pool.tryAcquireUntold(size, holder);
        if (free.isEmpty() && least < size) {
            free = pool.tryAcquireUntold(least, holder);
        }
        if (free.isPresent()) {
            offer(free.get());
            return;
        }
        if (place != null) {
            Reserve.want(place, pool, least, this);
        }
        if (!isAnswered()) {
            offer(pool.acquire(least, holder));
        }
    }

    private void granted(@Nullable PooledBuffer buffer, @Nullable Throwable error) {
        if (buffer != null) {
            offer(buffer);
        } else if (error != null) {
            answer(error);
        }
    }

    /** Gets a buffer from the reserve. */
    void lent(PooledBuffer buffer) {
        offer(buffer.resize(Math.min(size, buffer.capacity())).touch(holder));
    }

    private void offer(PooledBuffer buffer) {
        if (!answer(buffer)) {
            buffer.release();
        }
    }

    /** Leaves both lines, unless there is an answer already. From any thread. */
    void cancel() {
        answer(CANCELLED);
    }

    private boolean answer(Object first) {
        if (!answer.compareAndSet(null, first)) {
            return false;
        }
        leaveLines();
        whenAnswered.run();
        return true;
    }

    private void stopEntering() {
        Future<?> timer = entering;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void leaveLines() {
        stopEntering();
        CompletableFuture<PooledBuffer> asked = request;
        if (asked != null) {
            asked.cancel(false);
        }
        if (place != null) {
            Reserve.forget(this);
        }
    }

    boolean isAnswered() {
        return answer.get() != null;
    }

    /**
     * Takes the answer, once there is one.
     *
     * @return the buffer, which is the caller's; null if the turn was cancelled, or the answer taken before
     * @throws RuntimeException the pool's error
     */
    @Nullable PooledBuffer take() {
        Object now = answer.getAndSet(TAKEN);
        if (now instanceof PooledBuffer buffer) {
            return buffer;
        } else if (now instanceof RuntimeException error) {
            throw error;
        } else if (now instanceof Throwable error) {
            throw ForeignCode.sneaky(error);
        }
        return null;
    }

    /** Wants no answer any more: leaves the lines, or gives back what was granted and not taken. */
    void abandon() {
        Object now = answer.getAndSet(TAKEN);
        if (now == null) {
            leaveLines();
        } else if (now instanceof PooledBuffer buffer) {
            buffer.release();
        }
    }
}
