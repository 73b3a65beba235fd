package dev.sluice;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;

/**
 * A lease: one holder's right to one buffer of a {@link BufferPool}, from {@code acquire} to {@link #release()}.
 *
 * <pre>{@code
 *      0 <= length() <= capacity()
 *      |<------- yours -------->|
 *      |<-- content -->|
 * }</pre>
 *
 * <p><b>Ownership.</b> The holder of the lease releases it, once; passing a buffer on passes this duty on. Releasing
 * again does nothing, on any thread. After the release every other method but {@link #isReleased()} throws
 * {@link BufferReleasedException}. A {@code ByteBuffer} taken from {@link #byteBuffer()} must not be used after the
 * release: its memory may be another holder's by then, and Java cannot stop that access as long as the memory exists.
 *
 * <p><b>Sharing.</b> {@link #retain()} and {@link #slice} make further leases on the same memory. Each is released on
 * its own, in any order; the memory goes back to the pool with the last of them.
 *
 * <p><b>Content.</b> Memory is recycled: a new lease shows what its previous holder left. Write before you read.
 *
 * <p><b>Threads.</b> A lease may be handed from thread to thread and released on any of them. It is not for use by
 * several threads at once: like a {@code ByteBuffer}, it has no lock of its own. Concurrent releases are safe.
 */
public sealed interface PooledBuffer extends AutoCloseable permits Lease, SharedLease {

    /**
     * The writable view of this lease: at first position 0, limit {@link #length()}, big-endian.
     *
     * <p>It is the same object on each call and keeps the position, limit and order that its user gave it, until
     * {@link #resize} or {@link #clear} sets position and limit anew.
     *
     * @return the view, valid until the release
     * @throws BufferReleasedException if the lease is released
     */
    ByteBuffer byteBuffer();

    /**
     * A new read-only view of the content: position 0, limit {@link #length()}, big-endian.
     *
     * @return the view, valid until the release
     * @throws BufferReleasedException if the lease is released
     */
    ByteBuffer readOnlyBuffer();

    /**
     * How many bytes of the buffer are content: what was asked for, until {@link #resize} changes it.
     *
     * @return the length in bytes, from 0 to {@link #capacity()}
     * @throws BufferReleasedException if the lease is released
     */
    int length();

    /**
     * How many bytes this lease may hold. A short content pins the whole buffer all the same, and so does a slice: see
     * {@link #copy()}.
     *
     * @return the capacity in bytes, at least 1 for a buffer, possibly 0 for a slice
     * @throws BufferReleasedException if the lease is released
     */
    int capacity();

    /**
     * Whether there is no content.
     *
     * @return {@code length() == 0}
     * @throws BufferReleasedException if the lease is released
     */
    default boolean isEmpty() {
        return length() == 0;
    }

    /**
     * Sets the length; {@link #byteBuffer()} then has position 0 and this limit. The bytes keep their values; those
     * beyond the former length are whatever the memory held.
     *
     * @param length the new length in bytes, from 0 to {@link #capacity()}
     * @return this
     * @throws IndexOutOfBoundsException if the length is negative or above the capacity
     * @throws BufferReleasedException if the lease is released
     */
    PooledBuffer resize(int length);

    /**
     * Drops the content: {@code resize(0)}.
     *
     * @return this
     * @throws BufferReleasedException if the lease is released
     */
    default PooledBuffer clear() {
        return resize(0);
    }

    /**
     * Makes a second lease on the same memory, with this one's length and a view of its own.
     *
     * @return the new lease; its holder releases it
     * @throws BufferReleasedException if the lease is released
     * @throws IllegalStateException if 2,097,151 leases share the memory already
     */
    PooledBuffer retain();

    /**
     * Makes a second lease on the same memory through which nothing can be written: its {@link #byteBuffer()} is
     * read-only, and so are all leases made from it. For content that several holders read at once.
     *
     * @return the new lease; its holder releases it
     * @throws BufferReleasedException if the lease is released
     * @throws IllegalStateException if 2,097,151 leases share the memory already
     */
    PooledBuffer retainReadOnly();

    /**
     * Makes a lease on a part of the content, with a view of its own whose position 0 is the part's first byte. It pins
     * the whole buffer.
     *
     * @param offset where the part begins, from 0
     * @param length how long it is, in bytes; {@code offset + length} is at most {@link #length()}
     * @return the new lease, whose length and capacity are {@code length}; its holder releases it
     * @throws IndexOutOfBoundsException if the part is not within the length
     * @throws BufferReleasedException if the lease is released
     * @throws IllegalStateException if 2,097,151 leases share the memory already
     */
    PooledBuffer slice(int offset, int length);

    /**
     * Makes a lease on a part of the content, as {@link #slice(int, int)} does, and tells when the memory is free of it
     * again: for a part of memory that something else keeps as well, such as a reference-counted buffer.
     *
     * @param offset where the part begins, from 0
     * @param length how long it is, in bytes; {@code offset + length} is at most {@link #length()}
     * @param whenBack run once, when the new lease and all that were retained, sliced or lent from it are released or
     *     lost, on the thread of the last release, which sees what this throws. It must not refer to the new lease, nor
     *     to what holds it: the watch of the lease keeps it, and so the lease would never be found lost
     * @return the new lease, whose length and capacity are {@code length}; its holder releases it
     * @throws IndexOutOfBoundsException if the part is not within the length
     * @throws BufferReleasedException if the lease is released
     * @throws IllegalStateException if 2,097,151 leases share the memory already
     */
    PooledBuffer slice(int offset, int length, Runnable whenBack);

    /**
     * Lends the memory: makes a lease like {@link #retain()}, and tells when the memory is free of it again. Until
     * then, this lease's holder leaves the content alone; afterwards it may write, and lend the memory again.
     *
     * @param whenBack run once, when the lent lease and all that were retained, sliced or lent from it are released, on
     *     the thread of the last release, which sees what this throws. If one of them was lost instead, this lease is
     *     released before, since a view of the lost one may still exist. It must not refer to the lent lease, nor
     *     to what holds it: the watch of the lease keeps it, and so the lease would never be found lost
     * @return the lent lease; its holder releases it
     * @throws BufferReleasedException if the lease is released
     * @throws IllegalStateException if 2,097,151 leases share the memory already
     */
    PooledBuffer lend(Runnable whenBack);

    /**
     * How many bytes this lease keeps from the pool: the whole buffer that it is a lease on, however small its part.
     *
     * @return the bytes, at least 1 and at least {@link #capacity()}
     * @throws BufferReleasedException if the lease is released
     */
    int pinnedBytes();

    /**
     * Whether another lease pins the same buffer as this one: then the two together pin {@link #pinnedBytes()} once.
     *
     * @param other any lease, of any pool
     * @return whether both came from one {@code acquire}
     * @throws BufferReleasedException if one of the leases is released
     */
    boolean sharesMemoryWith(PooledBuffer other);

    /**
     * The pool that the memory belongs to.
     *
     * @return the pool
     * @throws BufferReleasedException if the lease is released
     */
    BufferPool pool();

    /**
     * Copies the content into a buffer of its own, so that a small part need not pin a large buffer.
     *
     * @return a new lease from the same pool; its holder releases it, and this lease stays as it is
     * @throws PoolExhaustedException if the pool has nothing free
     * @throws InvalidSizeException if there is no content
     * @throws BufferReleasedException if the lease is released
     */
    PooledBuffer copy();

    /**
     * Copies the content into an array.
     *
     * @return a new array of {@link #length()} bytes
     * @throws BufferReleasedException if the lease is released
     */
    default byte[] toByteArray() {
        byte[] bytes = new byte[length()];
        readOnlyBuffer().get(bytes);
        return bytes;
    }

    /**
     * Reads the content as a stream, for parsers that want one.
     *
     * <p><b>The stream has this lease: closing it releases.</b> Reading to the end does not. To keep the lease beyond
     * the stream, make the stream of a {@linkplain #retain() retained} one.
     *
     * <p>It begins at the first byte of the content that there is now, whatever the position of {@link #byteBuffer()}.
     * {@code available()} is exactly what is left; {@code mark} and {@code reset} are supported. A read from a closed
     * stream throws {@link java.io.IOException}, one after a release by other means {@link BufferReleasedException}.
     *
     * @return a stream that never blocks; for one thread at a time
     * @throws BufferReleasedException if the lease is released
     */
    default InputStream inputStream() {
        return new LeaseInputStream(this);
    }

    /**
     * Decodes the content; malformed bytes are replaced.
     *
     * @param charset how the content is encoded
     * @return the text
     * @throws BufferReleasedException if the lease is released
     */
    default String toString(Charset charset) {
        return charset.decode(readOnlyBuffer()).toString();
    }

    /**
     * Leaves a note for the leak report: where this lease has been last. Free for a lease that is not watched.
     *
     * @param hint anything whose text helps to find the leak; must not refer to this lease
     * @return this
     * @throws BufferReleasedException if the lease is released
     */
    PooledBuffer touch(Object hint);

    /**
     * Whether this lease has been released; other leases on the same memory do not matter.
     *
     * @return true after {@link #release()}
     */
    boolean isReleased();

    /** Gives the lease back. The first call, on whichever thread, releases; every further call does nothing. */
    void release();

    /** {@link #release()}, for try-with-resources. */
    @Override
    default void close() {
        release();
    }
}
