package dev.sluice;

import java.time.Duration;

/**
 * Something that happened in a pool, as a {@link PoolListener} is told of it: immutable values, which hold on to
 * neither pool nor memory. {@code capacity} is always that of one buffer, in bytes.
 */
public sealed interface PoolEvent {

    /**
     * The name of the pool in which it happened.
     *
     * @return the name given to the pool
     */
    String pool();

    /**
     * When it happened.
     *
     * @return {@link PoolClock#nanoTime()} of the pool's clock
     */
    long nanoTime();

    /**
     * A slab was made: new memory.
     *
     * @param pool the name of the pool
     * @param nanoTime when, by the pool's clock
     * @param capacity the bytes of each of its buffers
     * @param buffers how many buffers it has
     * @param bytes what was charged to the budget
     */
    record SlabMade(String pool, long nanoTime, int capacity, int buffers, long bytes) implements PoolEvent {}

    /**
     * A slab was given back to the system. One of which every buffer had a lease that was lost has nothing to give
     * back: its bytes came back with the leases, and there is no such event.
     *
     * @param pool the name of the pool
     * @param nanoTime when, by the pool's clock
     * @param capacity the bytes of each of its buffers
     * @param buffers how many buffers it still had: those of lost leases are not among them
     * @param bytes what was credited to the budget
     * @param reason why
     */
    record SlabFreed(String pool, long nanoTime, int capacity, int buffers, long bytes, Reason reason)
            implements PoolEvent {

        /** Why a slab is given back. */
        public enum Reason {
            /** Recent demand does not justify it. */
            SHRINK,

            /** {@link BufferPool#clear()} was called. */
            CLEAR,

            /** The pool is closed. */
            CLOSE,

            /** Another size or pool under the same budget needed its bytes. */
            RECLAIM,

            /** Its one buffer is larger than 4 MiB, or than its class may be, and is not kept. */
            LARGE
        }
    }

    /**
     * A request has ended that had to wait, or was refused to.
     *
     * @param pool the name of the pool
     * @param nanoTime when it ended, by the pool's clock
     * @param size the bytes that were asked for
     * @param waited how long it waited
     * @param end how it ended
     */
    record Waited(String pool, long nanoTime, int size, Duration waited, End end) implements PoolEvent {

        /** How a request ends. */
        public enum End {
            /** It got its lease. */
            GRANTED,

            /** Its caller gave up. */
            CANCELLED,

            /** Its time was over. */
            TIMED_OUT,

            /** The pool was closed. */
            CLOSED,

            /** As many waited as may, or the JVM had no memory left. */
            REFUSED
        }
    }

    /**
     * {@code acquire} threw {@link PoolExhaustedException}, or {@code tryAcquire} was empty.
     *
     * @param pool the name of the pool
     * @param nanoTime when, by the pool's clock
     * @param size the bytes that were asked for
     */
    record Refused(String pool, long nanoTime, int size) implements PoolEvent {}

    /**
     * Idle memory of this pool made room for another size or pool under the same budget.
     *
     * @param pool the name of the pool that gave
     * @param nanoTime when, by this pool's clock
     * @param capacity the bytes of each of the buffers that went
     * @param bytes how much went
     * @param forPool the name of the pool that got the room; it may be the same
     * @param forCapacity the bytes of a buffer for which room was made
     */
    record Reclaimed(String pool, long nanoTime, int capacity, long bytes, String forPool, int forCapacity)
            implements PoolEvent {}

    /**
     * Shrinking weighed the idle memory of one size against its demand. There is one such event per size that has
     * buffers or demand, for each look: one each interval, two for a call of {@link BufferPool#shrink()}.
     *
     * <pre>{@code justified = max(used + demand, justifiedBefore / 2)}</pre>
     *
     * @param pool the name of the pool
     * @param nanoTime when, by the pool's clock
     * @param capacity the bytes of each of the buffers; {@link Integer#MAX_VALUE} for all above the largest class
     * @param used how many were leased at any time since the last look
     * @param demand how many are wanted besides, by subscribers and by requests that wait
     * @param justifiedBefore how many the last look justified
     * @param justified how many are justified now; {@link BufferPool#shrink()} looks at present demand alone
     * @param buffers how many there are room for in the slabs of this size, before anything goes
     * @param givenBackBytes what was given back
     */
    record Weighed(
            String pool,
            long nanoTime,
            int capacity,
            long used,
            long demand,
            long justifiedBefore,
            long justified,
            long buffers,
            long givenBackBytes)
            implements PoolEvent {}

    /**
     * A lease became garbage that nobody had released.
     *
     * @param pool the name of the pool
     * @param nanoTime when it was found, by the pool's clock
     * @param report what is known of it
     */
    record Leaked(String pool, long nanoTime, LeakReport report) implements PoolEvent {}

    /**
     * A watched lease was released. Only those that {@code acquire} or {@code request} made count, not the leases made
     * from them; {@link LeakDetection} says which are watched.
     *
     * @param pool the name of the pool
     * @param nanoTime when it was released, by the pool's clock
     * @param capacity the bytes of its buffer
     * @param held how long it was held
     */
    record Held(String pool, long nanoTime, int capacity, Duration held) implements PoolEvent {}

    /**
     * An adapter took memory from outside the budget, because its caller can neither wait nor fail.
     *
     * @param pool the name of the pool
     * @param nanoTime when, by the pool's clock
     * @param bytes how much
     * @param by who
     */
    record Overflowed(String pool, long nanoTime, long bytes, String by) implements PoolEvent {}

    /**
     * The pool asked for a collection, because it was silent and much of what it had dropped waited for the collector:
     * on Java 17 to 21, see {@link BufferPoolBuilder#collectInSilence}.
     *
     * @param pool the name of the pool
     * @param nanoTime when the collection had returned, by the pool's clock
     * @param waitingBytes how much had waited
     */
    record CollectionAsked(String pool, long nanoTime, long waitingBytes) implements PoolEvent {}

    /**
     * The pool was closed; leases may still be out.
     *
     * @param pool the name of the pool
     * @param nanoTime when, by the pool's clock
     */
    record Closed(String pool, long nanoTime) implements PoolEvent {}
}
