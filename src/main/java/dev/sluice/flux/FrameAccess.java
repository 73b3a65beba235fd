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
     * Makes a lease on the bytes of a frame, if they lie in the memory of a pool. A frame that is lent stays as it is;
     * one that was {@linkplain #drop handed over} is used up by the lease.
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
     * Keeps a frame beyond the {@code onNext} that brought it. Does nothing where frames are handed over.
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
     * Says that a frame is not wanted, which was neither leased nor retained: it came after the end. By default, frames
     * are lent, and their publisher releases them. Where a publisher hands them over, this releases the frame.
     *
     * @param frame a frame
     */
    default void drop(F frame) {}

    /**
     * Whether a spare buffer is kept while any such sequence runs that may wait: one of 4 KiB, or of {@link
     * BufferPool#chunkSize()} if that is less, for all of a pool. Where frames are read ahead, all memory of the pool
     * may lie behind frames that wait to be copied; with the spare, one of them goes on after the other. By default,
     * none is kept: nothing is held for a publisher that is silent.
     *
     * @return whether a spare is kept
     */
    default boolean keepsSpare() {
        return false;
    }

    /**
     * Whether an error of the publisher comes before a frame that is kept and waits for memory, which is then released.
     * By default, the error comes after all that came before it.
     *
     * @return whether the error goes first
     */
    default boolean failsAtOnce() {
        return false;
    }

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
