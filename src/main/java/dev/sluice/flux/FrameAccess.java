package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How {@link BufferFlux#fromFrames} gets at the bytes of frames, which are reference-counted buffers of another
 * library.
 *
 * <p>Its methods must be safe for use by several threads, each with a frame of its own.
 *
 * @param <F> the frames
 */
public interface FrameAccess<F> {

    /**
     * Makes a lease on the bytes of a frame, if they lie in the memory of a pool. The frame stays as it is.
     *
     * @param frame a frame that has bytes
     * @param pool the pool that the bytes are wanted in
     * @return the lease, which the caller releases; null if the bytes have to be copied
     */
    @Nullable PooledBuffer lease(F frame, BufferPool pool);

    /**
     * How many bytes a frame has.
     *
     * @param frame a frame
     * @return the length in bytes, at least 0
     */
    int length(F frame);

    /**
     * Copies bytes of a frame, which stays as it is.
     *
     * @param frame a frame
     * @param offset where to begin, in bytes, counted from the first
     * @param target filled from its position to its limit; it never has more room than the frame has bytes left
     */
    void copy(F frame, int offset, ByteBuffer target);

    /**
     * Keeps a frame beyond the {@code onNext} that brought it.
     *
     * @param frame a frame
     */
    void retain(F frame);

    /**
     * Undoes {@link #retain}.
     *
     * @param frame a frame that was retained
     */
    void release(F frame);

    /**
     * Whether frames are messages, whose bounds mean something: then each becomes exactly one buffer, however long it
     * is, and an empty one too. Otherwise, a long one that has to be copied may become several, and an empty one none.
     *
     * @return whether each frame is one buffer
     */
    default boolean isMessage() {
        return false;
    }
}
