package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of bytes: a machine into which buffers are put and from which results are taken. The second of the three
 * doors; {@link ByteSource} and {@link ByteSink} are the others.
 *
 * <p>{@link BufferFlux#stage(String, BufferMaker)} makes an operator of a stage: it makes one stage for each
 * subscriber, drives it, and looks after demand, errors and cancellation.
 *
 * <pre>{@code
 *   accept(a)  next() -> x  next() -> null  accept(b)  next() -> null  end()  next() -> y  next() -> null
 * }</pre>
 *
 * <p><b>Threads.</b> The operator makes one call at a time, on the thread that brings a buffer, requests, or goes on
 * after a wait for memory; each call sees what the calls before it wrote. A stage must not block.
 *
 * <p><b>Ownership.</b> The stage owns each buffer that was put in, and releases it when it has used it up. A result
 * belongs to who takes it: it is such a buffer itself, a {@linkplain PooledBuffer#slice slice} of it, memory that the
 * stage {@linkplain StageMemory#take took}, or an object that holds no lease. {@link #release()} gives back what is
 * left.
 *
 * <p><b>Memory.</b> A stage that needs buffers of its own takes them from its {@link StageMemory}, which waits without
 * a thread, and {@linkplain StageMemory#reserve says beforehand} how large they are. A stage that keeps its input until
 * it has a result of more than one buffer must copy it: kept buffers pin their memory, and may be all that the pool
 * has.
 *
 * <p><b>Errors.</b> What {@link #accept}, {@link #next} or {@link #end} throws cancels the source and ends the
 * sequence, after the results that were taken before. An error of the source comes after the results that {@link
 * #next()} still has; {@link #end()} is not called then.
 *
 * <p>{@code dev.sluice.testing.StageContract} proves an implementation.
 *
 * @param <O> what comes out
 */
public interface Stage<O> {

    /** What becomes of the input of a stage that takes memory; see {@link StageMemory#reserve}. */
    enum Input {
        /** The stage uses its input up before it wants the next, and what it passes on is other memory. */
        COPIED,

        /** The stage uses its input up before it wants the next, but may pass slices of it on. */
        SLICED,

        /** The stage may keep one input as it is while it wants the next, and may pass slices on. */
        KEPT
    }

    /**
     * Makes a stage for each subscriber.
     *
     * @param <O> what comes out of the stage
     */
    @FunctionalInterface
    interface Maker<O> {

        /**
         * Makes a stage, on the thread that subscribes.
         *
         * @param memory where the stage takes memory from, if it does; for this stage only
         * @return a stage that has seen nothing
         */
        Stage<O> make(StageMemory memory);
    }

    /** Makes a stage of buffers for each subscriber, so that the operator is a {@link BufferFlux}. */
    @FunctionalInterface
    interface BufferMaker extends Maker<PooledBuffer> {}

    /**
     * Puts a buffer in; the stage owns it from now on, even if this throws. Called only after {@link #next()} has
     * returned null.
     *
     * @param input the bytes that follow those of the last buffer; may be empty
     * @throws IOException if the bytes are not what they should be
     */
    void accept(PooledBuffer input) throws IOException;

    /**
     * Takes the next result out. May be called again when it has returned null, with nothing put in meanwhile.
     *
     * @return a result, whose leases are the caller's; null if more input is needed, or memory that is not there yet,
     *     or nothing is left
     * @throws IOException if the bytes are not what they should be
     */
    @Nullable O next() throws IOException;

    /**
     * Takes out what could wait until it is more. Called when a result is wanted, {@link #next()} has returned null,
     * and nothing more is at hand: the source has been asked and has not answered at once, or it has failed.
     *
     * @return a result, whose leases are the caller's; null if nothing waits here
     */
    default @Nullable O flush() {
        return null;
    }

    /**
     * No more input comes: what is left is to be taken by {@link #next()}. Not called if the source failed.
     *
     * @throws IOException if the bytes are not what they should be, because they end too early
     */
    default void end() throws IOException {}

    /**
     * Whether a result is certain to come, with no more input and whether the source fails or not; then it is not made
     * before somebody wants it. Where nobody knows, {@link #next()} is called once more to find out.
     *
     * @return whether a result is certain; {@code false} by default
     */
    default boolean hasMore() {
        return false;
    }

    /**
     * Whether all that will ever come out has been taken, whatever input may still come; then the source is cancelled
     * and the sequence completes.
     *
     * @return whether the stage has done its work; {@code false} by default
     */
    default boolean isFull() {
        return false;
    }

    /** Releases every lease that the stage holds. Called at the end in any state, and perhaps more than once. */
    void release();
}
