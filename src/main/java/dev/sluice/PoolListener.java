package dev.sluice;

/**
 * Is told what happens in a pool: override what matters, or {@link #event} for all of it.
 *
 * <p>Given to {@link BufferPoolBuilder#listener} or {@link BufferPool#addListener}. Each listener is called on a daemon
 * thread named {@code sluice-events}, with no lock held, one event after the other, in the order in which they were
 * told; the thread may be another one for the next event. So a listener may block, and may call the pool, and the pool
 * does not wait for it. What it throws is logged, once for each place that throws. An event is told at once, but for
 * {@link #held}, which may be told up to 0.1 seconds later.
 *
 * <p>A listener that falls 10,000 events behind misses those that come meanwhile, and that is logged: statistics, not
 * events, are what adds up. Where nobody listens, no event is made.
 */
public interface PoolListener {

    /**
     * Any event whose own method is not overridden.
     *
     * @param event what happened
     */
    default void event(PoolEvent event) {}

    /**
     * A slab was made.
     *
     * @param event of which size
     */
    default void slabMade(PoolEvent.SlabMade event) {
        event(event);
    }

    /**
     * A slab was given back to the system.
     *
     * @param event of which size, and why
     */
    default void slabFreed(PoolEvent.SlabFreed event) {
        event(event);
    }

    /**
     * A request that had to wait has ended.
     *
     * @param event how long it waited, and how it ended
     */
    default void waited(PoolEvent.Waited event) {
        event(event);
    }

    /**
     * {@code acquire} or {@code tryAcquire} found nothing free.
     *
     * @param event what was asked for
     */
    default void refused(PoolEvent.Refused event) {
        event(event);
    }

    /**
     * Idle memory made room for somebody else.
     *
     * @param event whose, and for whom
     */
    default void reclaimed(PoolEvent.Reclaimed event) {
        event(event);
    }

    /**
     * Shrinking weighed one size.
     *
     * @param event what it saw and did
     */
    default void weighed(PoolEvent.Weighed event) {
        event(event);
    }

    /**
     * A lease was lost.
     *
     * @param event what is known of it
     */
    default void leaked(PoolEvent.Leaked event) {
        event(event);
    }

    /**
     * A watched lease was released.
     *
     * @param event how long it was held
     */
    default void held(PoolEvent.Held event) {
        event(event);
    }

    /**
     * An adapter took memory from outside the budget.
     *
     * @param event how much
     */
    default void overflowed(PoolEvent.Overflowed event) {
        event(event);
    }

    /**
     * The pool asked for a collection.
     *
     * @param event how much waited for it
     */
    default void collectionAsked(PoolEvent.CollectionAsked event) {
        event(event);
    }

    /**
     * The pool was closed.
     *
     * @param event when
     */
    default void closed(PoolEvent.Closed event) {
        event(event);
    }

    /** Ends what {@link BufferPool#addListener} began. */
    interface Registration extends AutoCloseable {

        /**
         * Stops listening. The listener is not called again, except that a call which has begun goes on. Further calls
         * do nothing.
         */
        @Override
        void close();
    }
}
