package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What an operator does to the bytes: a machine into which buffers are put and from which results are taken. {@link
 * StageSubscriber} drives it, one call at a time, and looks after demand, errors and cancellation.
 *
 * <pre>{@code
 *   accept(a)  next() -> x  next() -> null  accept(b)  next() -> null  end()  next() -> y  next() -> null
 * }</pre>
 *
 * @param <O> what comes out
 */
interface Stage<O> {

    /** Puts a buffer in; the stage owns it from now on. Called only after {@link #next()} has returned null. */
    void accept(PooledBuffer input) throws IOException;

    /**
     * Takes the next result out. May be called again when it has returned null, with nothing put in meanwhile.
     *
     * @return a result, whose leases are the caller's; null if more input is needed, or memory that is not there yet,
     *     or nothing is left
     * @throws IOException if the bytes are not what they should be
     */
    @Nullable O next() throws IOException;

    /** No more input comes: what is left is to be taken by {@link #next()}. Not called if the input failed. */
    default void end() throws IOException {}

    /**
     * Whether a result is certain to come, with no more input and whether the source fails or not; then it is not made
     * before somebody wants it.
     */
    default boolean hasMore() {
        return false;
    }

    /** Whether all that will ever come out has been taken, whatever input may still come. */
    default boolean isFull() {
        return false;
    }

    /** Releases every lease that the stage holds. Called in any state, and more than once. */
    void release();
}
