package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Where a stage gets memory: at once, or, if the pool has none, by being asked again when its turn has come.
 *
 * <p>Used by whoever has the floor of the {@link StageSubscriber}, but for {@link #giveUp()} and the pool's answer.
 *
 * <p>Give up against grant: {@code giveUp} writes {@code givenUp}, then reads {@code turn}; {@code take} writes {@code
 * turn}, then reads {@code givenUp}. So at least one of them cancels the turn. A grant that was faster is kept here
 * until {@link #release()}, which whoever has the floor calls at the end.
 */
final class StageMemory {

    private final Object holder;
    private final Runnable granted;

    private volatile @Nullable CompletableFuture<PooledBuffer> turn;
    private volatile boolean givenUp;

    /**
     * Makes the memory of one subscriber.
     *
     * @param holder names the operator in reports of lost leases
     * @param granted run when a turn has come, on the thread that released memory
     */
    StageMemory(Object holder, Runnable granted) {
        this.holder = holder;
        this.granted = granted;
    }

    /**
     * Takes a buffer, or stands in line for it.
     *
     * @return the buffer; null if there is none now: the stage then returns null as well, and asks again for the same
     *     size when it is called next
     * @throws dev.sluice.BufferPoolException if the pool refuses for good
     */
    @Nullable PooledBuffer take(BufferPool pool, int size) {
        CompletableFuture<PooledBuffer> waiting = turn;
        if (waiting == null) {
            Optional<PooledBuffer> free = pool.tryAcquire(size, holder);
            if (free.isPresent()) {
                return free.get();
            }
            waiting = pool.request(size, null, holder);
            turn = waiting;
            if (givenUp) {
                waiting.cancel(false);
            }
            var unused = waiting.whenComplete((buffer, error) -> granted.run());
        }
        if (!waiting.isDone() || waiting.isCancelled()) {
            return null; // cancelled: whoever gave up ends the subscription
        }
        turn = null;
        return answer(waiting);
    }

    private static PooledBuffer answer(CompletableFuture<PooledBuffer> answered) {
        try {
            return answered.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Whether a stage waits; then input would not help it. */
    boolean isAwaited() {
        return turn != null;
    }

    /** Gives up a turn, from any thread. */
    void giveUp() {
        givenUp = true;
        CompletableFuture<PooledBuffer> waiting = turn;
        if (waiting != null) {
            waiting.cancel(false);
        }
    }

    /** Gives up the turn, or gives back what was granted and not taken. */
    void release() {
        CompletableFuture<PooledBuffer> waiting = turn;
        if (waiting != null) {
            turn = null;
            if (!waiting.cancel(false) && !waiting.isCompletedExceptionally()) {
                waiting.join().release();
            }
        }
    }
}
