package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * Where a {@link Stage} takes memory from: at once, or, if there is none, by being called again when its turn has come.
 *
 * <p>For the stage that it was made for, within the calls of the operator. The stage says in its constructor how much
 * it takes at a time, by {@link #reserve}; so many pipelines on one pool never wait for one another for ever.
 *
 * <pre>{@code
 *   PooledBuffer chunk = memory.take(input.pool(), 4096);
 *   if (chunk == null) {
 *       return null;    // next() is called again when there is memory
 *   }
 * }</pre>
 */
public final class StageMemory {

    /*
     * Used by the holder of the floor of the StageSubscriber, but for giveUp() and the turn's answer.
     *
     * Give up against answer: `giveUp` writes `givenUp`, then reads `turn`; `take` writes `turn`, then reads `givenUp`.
     * So at least one of them cancels the turn. A buffer that was faster is kept there until release(), which the
     * holder of the floor calls at the end.
     */

    /** What does where memory is short and a chunk would be longer. */
    static final int SHORT_BYTES = 4 << 10;

    /** What is reserved for results that may be of any size up to a limit, which would be too much. */
    private static final int MAX_RECORD_BYTES = 64 << 10;

    private final Object holder;
    private final Context context;
    private final WaitPolicy policy;
    private final Runnable answered;

    private @Nullable ReservePlace place;
    private ReserveGrowth.@Nullable Grower grower;
    private boolean mustNotGrow;
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
        this.policy = WaitPolicy.in(context);
        this.answered = answered;
    }

    /**
     * Says that the stage takes memory while it holds an input. To be called once, in the stage's constructor: the pool
     * then keeps a buffer of that size in reserve, so that the stage does not wait for ever where memory is short.
     *
     * <p>A stage that takes memory without saying so, or more than it said, is served as long as there is room in the
     * pool; on an exhausted pool, several such pipelines may wait for one another.
     *
     * @param bytes how much the stage takes at a time, at most; where {@link #take(BufferPool, int, int) less would
     *     do}, how much that is
     * @param input what becomes of an input that the stage holds
     */
    public void reserve(int bytes, Stage.Input input) {
        place = ReservePlace.ofOperator(context, bytes, input);
    }

    /**
     * The same for a stage that passes its inputs on and takes from a pool of its own.
     *
     * @param first whether it takes before it has an input
     */
    void reserveIn(BufferPool pool, int bytes, boolean first) {
        ReservePlace mine = ReservePlace.ofOperator(context, bytes, Stage.Input.SLICED);
        mine.setPool(pool, first);
        place = mine;
    }

    /** The same for a stage whose results may be of any size up to a limit: the larger ones rely on the pool alone. */
    void reserveForRecords(long maxBytes, Stage.Input input) {
        ReservePlace mine = ReservePlace.ofOperator(context, (int) Math.min(maxBytes, MAX_RECORD_BYTES), input);
        mine.setScaled();
        mine.setMostBytes(maxBytes);
        place = mine;
    }

    /** The same for a stage that does with an eighth of a budget that is small. */
    void reserveShare(int bytes, Stage.Input input) {
        ReservePlace mine = ReservePlace.ofOperator(context, bytes, input);
        mine.setScaled();
        place = mine;
    }

    /**
     * The same for a source of frames, which {@linkplain #enter enters} the reserve before it has anything.
     *
     * @param pool where it takes from
     * @param bytes how much it takes at least
     */
    void reserveForFrames(BufferPool pool, int bytes, boolean keepsSpare) {
        place = keepsSpare && !policy.isNever()
                ? ReservePlace.ofFrames(context, pool, bytes)
                : ReservePlace.ofSource(context, pool, bytes);
    }

    /**
     * Waits, holding nothing, until the reserve has what the pipeline needs, if operators below take memory.
     *
     * @return whether it has; if not, this is called again when the turn has its answer
     * @throws dev.sluice.BufferPoolException if the pool refuses for good
     */
    boolean enter(BufferPool pool) {
        ReservePlace mine = place;
        if (mine == null || (mine.hasEntered(pool) && turn == null)) {
            return true;
        } else if (mine.isOfFrames()) {
            return Reserve.enter(mine, pool, mine);
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
     * @param pool where the buffer comes from, such as the {@linkplain PooledBuffer#pool() pool} of an input
     * @param size how long the buffer is, at least 1
     * @return the buffer, which the stage owns; null if there is none now: the stage then returns null from {@link
     *     Stage#next()} as well, and asks again for the same size when it is called next
     * @throws dev.sluice.BufferPoolException if the pool refuses for good
     */
    public @Nullable PooledBuffer take(BufferPool pool, int size) {
        return take(pool, size, size);
    }

    /**
     * Takes a buffer, or stands in line for it, for a stage that could do with less where memory is short.
     *
     * @param pool where the buffer comes from
     * @param size how long the buffer should be, at least 1
     * @param least how long it is at least
     * @return the buffer, as in {@link #take(BufferPool, int)}, of {@code size} bytes or, after a wait, of {@code
     *     least} or more
     * @throws dev.sluice.BufferPoolException if the pool refuses for good
     */
    public @Nullable PooledBuffer take(BufferPool pool, int size, int least) {
        Turn waiting = turn;
        if (waiting == null) {
            if (place == null || place.hasEntered(pool)) {
                Optional<PooledBuffer> free = pool.tryAcquireUntold(size, holder);
                if (free.isPresent()) {
                    return free.get();
                }
            }
            waiting = new Turn(pool, size, least, place, holder, answered);
            turn = waiting;
            waiting.start(policy);
            if (givenUp) {
                waiting.cancel();
            }
        }
        PooledBuffer buffer = waiting.isAnswered() ? waiting.take() : null;
        if (buffer != null) {
            turn = null; // but not if it was cancelled: the thread that gave up ends the subscription
        }
        return buffer;
    }

    /**
     * The same for a stage that holds a part of the result, which may be larger than it said.
     *
     * @param heldBytes the memory that it holds until it has the buffer
     * @param mostBytes how much it may ever ask for
     */
    @Nullable PooledBuffer takeLarger(BufferPool pool, int size, int least, long heldBytes, long mostBytes) {
        ReservePlace mine = place;
        if (mine == null) {
            return take(pool, size, least);
        }
        if (turn == null) {
            mustNotGrow = least > mine.bytesIn(pool) && !mayGrow(pool, size, heldBytes, mostBytes);
            if (mustNotGrow) {
                return null;
            }
            mine.hold(pool, heldBytes);
        }
        PooledBuffer larger = take(pool, size, least);
        if (larger != null) {
            mine.hold(pool, 0);
        }
        return larger;
    }

    private boolean mayGrow(BufferPool pool, int size, long heldBytes, long mostBytes) {
        ReserveGrowth.Grower mine = grower;
        if (mine == null) {
            mine = new ReserveGrowth.Grower(pool, answered);
            grower = mine;
        }
        int most = (int) Math.min(mostBytes, Math.min(pool.budget().limit(), Integer.MAX_VALUE));
        return ReserveGrowth.begin(mine, heldBytes, pool.capacityFor(size), pool.capacityFor(Math.max(size, most)));
    }

    /** The result that was gathered is out. */
    void endGrowth() {
        ReserveGrowth.Grower mine = grower;
        if (mine != null) {
            grower = null;
            mustNotGrow = false;
            ReserveGrowth.end(mine);
        }
    }

    /** Whether a stage waits; then input would not help it. */
    boolean isAwaited() {
        return turn != null || mustNotGrow;
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
        endGrowth();
        if (place != null) {
            place.leave();
        }
    }
}
