package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * Where a stage gets memory: at once, or, if there is none, by being asked again when its {@link Turn} has come.
 *
 * <p>Used by whoever has the floor of the {@link StageSubscriber}, but for {@link #giveUp()} and the turn's answer.
 *
 * <p>Give up against answer: {@code giveUp} writes {@code givenUp}, then reads {@code turn}; {@code take} writes {@code
 * turn}, then reads {@code givenUp}. So at least one of them cancels the turn. A buffer that was faster is kept there
 * until {@link #release()}, which whoever has the floor calls at the end.
 */
final class StageMemory {

    /** What is reserved for results that may be of any size up to a limit, which would be too much. */
    private static final int MAX_RECORD_BYTES = 64 << 10;

    private final Object holder;
    private final Context context;
    private final Runnable answered;

    private @Nullable ReservePlace place;
    private volatile @Nullable Turn turn;
    private volatile boolean givenUp;

    /**
     * Makes the memory of one subscriber.
     *
     * @param holder names the operator in reports of lost leases
     * @param context of the subscriber
     * @param answered run when a turn has its answer, on the thread that released memory
     */
    StageMemory(Object holder, Context context, Runnable answered) {
        this.holder = holder;
        this.context = context;
        this.answered = answered;
    }

    /**
     * Says, before anything is taken, that the stage takes memory while it holds an input, so that a {@link Reserve}
     * keeps it from waiting for ever.
     *
     * @param bytes how much at a time; where that may be less, a bound is enough
     */
    void reserve(int bytes, ReservePlace.Input input) {
        place = ReservePlace.ofOperator(context, bytes, input);
    }

    /** The same for a stage whose results may be of any size up to a limit: the larger ones rely on the pool alone. */
    void reserveForRecords(long maxBytes, ReservePlace.Input input) {
        reserve((int) Math.min(maxBytes, MAX_RECORD_BYTES), input);
    }

    /**
     * The same for a source: its pipeline {@linkplain #enter enters} the reserve before the source has anything.
     *
     * @param bytes how much it takes at least
     */
    void reserveForSource(int bytes) {
        place = ReservePlace.ofSource(context);
        if (place != null) {
            place.setBytes(bytes);
        }
    }

    /**
     * Waits, holding nothing, until the reserve has what the pipeline needs.
     *
     * @return whether it has; if not, this is called again when the turn has its answer
     * @throws dev.sluice.BufferPoolException if the pool refuses for good
     */
    boolean enter(BufferPool pool) {
        ReservePlace mine = place;
        if (mine == null || (mine.entered && turn == null)) {
            return true;
        }
        PooledBuffer first = take(pool, mine.bytes());
        if (first == null) {
            return false;
        }
        first.release();
        return true;
    }

    /** What those above see. */
    Context context() {
        return place == null ? context : place.in(context);
    }

    /**
     * Takes a buffer, or stands in line for it.
     *
     * @return the buffer; null if there is none now: the stage then returns null as well, and asks again for the same
     *     size when it is called next
     * @throws dev.sluice.BufferPoolException if the pool refuses for good
     */
    @Nullable PooledBuffer take(BufferPool pool, int size) {
        return take(pool, size, size);
    }

    /**
     * The same for a stage that could do with less.
     *
     * @param size how long the buffer should be
     * @param least how long it is at least
     */
    @Nullable PooledBuffer take(BufferPool pool, int size, int least) {
        Turn waiting = turn;
        if (waiting == null) {
            if (place == null || place.entered) {
                Optional<PooledBuffer> free = pool.tryAcquire(size, holder);
                if (free.isPresent()) {
                    return free.get();
                }
            }
            waiting = new Turn(pool, size, least, place, holder, answered);
            turn = waiting;
            waiting.start();
            if (givenUp) {
                waiting.cancel();
            }
        }
        PooledBuffer buffer = waiting.isAnswered() ? waiting.take() : null;
        if (buffer != null) {
            turn = null; // but not if it was cancelled: whoever gave up ends the subscription
        }
        return buffer;
    }

    /** Whether a stage waits; then input would not help it. */
    boolean isAwaited() {
        return turn != null;
    }

    /** Gives up a turn, from any thread. */
    void giveUp() {
        givenUp = true;
        Turn waiting = turn;
        if (waiting != null) {
            waiting.cancel();
        }
    }

    /** Gives up the turn, or gives back what was granted and not taken; nothing is taken any more. */
    void release() {
        Turn waiting = turn;
        if (waiting != null) {
            turn = null;
            waiting.abandon();
        }
        if (place != null) {
            place.leave();
        }
    }
}
