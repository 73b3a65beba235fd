package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A wait for one buffer: in the line of a pool, and beside its {@link ToBuffersSpare}.
 *
 * <p>It has exactly one answer: the first of a buffer, an error and {@link #abandon()}. A buffer that comes second goes
 * back.
 */
final class ToBuffersTurn {

    private static final Object TAKEN = "taken";

    private final int size;
    private final ToBuffersSpare spare;
    private final Runnable whenAnswered;

    /** Null, then a buffer or an error, then {@link #TAKEN}. */
    private final AtomicReference<@Nullable Object> answer = new AtomicReference<>();

    private volatile @Nullable CompletableFuture<PooledBuffer> request;

    /**
     * Makes a turn.
     *
     * @param size how many bytes to ask the pool for; the spare may be shorter
     * @param whenAnswered run once, on the thread that answers
     */
    ToBuffersTurn(int size, ToBuffersSpare spare, Runnable whenAnswered) {
        this.size = size;
        this.spare = spare;
        this.whenAnswered = whenAnswered;
    }

    /** Stands in both lines. The pool's refusal is an answer as well. */
    void start(BufferPool pool, @Nullable Duration patience, Object holder) {
        CompletableFuture<PooledBuffer> asked;
        try {
            asked = pool.request(size, patience, holder);
        } catch (RuntimeException e) {
            answer(e);
            return;
        }
        request = asked;
        var unused = asked.whenComplete(this::granted);
        if (isAnswered()) {
            asked.cancel(false);
        } else {
            spare.want(this);
            if (isAnswered()) {
                spare.forget(this);
            }
        }
    }

    private void granted(@Nullable PooledBuffer buffer, @Nullable Throwable error) {
        if (buffer != null) {
            offer(buffer);
        } else if (error != null) {
            answer(error);
        }
    }

    /** Gets the spare. */
    void lent(PooledBuffer buffer) {
        offer(buffer.resize(Math.min(size, buffer.capacity())));
    }

    private void offer(PooledBuffer buffer) {
        if (!answer(buffer)) {
            buffer.release();
        }
    }

    private boolean answer(Object first) {
        if (!answer.compareAndSet(null, first)) {
            return false;
        }
        leaveLines();
        whenAnswered.run();
        return true;
    }

    private void leaveLines() {
        CompletableFuture<PooledBuffer> asked = request;
        if (asked != null) {
            asked.cancel(false);
        }
        spare.forget(this);
    }

    boolean isAnswered() {
        return answer.get() != null;
    }

    /**
     * Takes the answer, which is there.
     *
     * @return the buffer, which is the caller's
     * @throws RuntimeException the pool's error
     */
    PooledBuffer take() {
        Object now = answer.getAndSet(TAKEN);
        if (now instanceof PooledBuffer buffer) {
            return buffer;
        }
        throw now instanceof RuntimeException error ? error : new IllegalStateException("no answer, but " + now);
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
