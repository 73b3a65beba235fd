package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where one {@link WriteToSubscriber} puts the bytes: a file, a stream, a channel. Used by one thread at a time.
 *
 * <pre>{@code
 *   NEW --open--> WRITING --commit--> done
 *    |               |
 *    +-----abort-----+
 * }</pre>
 */
interface ByteSink {

    /** Makes ready to be written to, before the source is asked for anything. */
    void open() throws IOException;

    /**
     * Writes everything from position to limit, however often it takes.
     *
     * @param bytes what to write, in order
     * @param count how many of the array's first elements
     * @return whether that is done; if not, the target says when there is something to do, and is called again then
     *     with the same bytes
     */
    boolean write(ByteBuffer[] bytes, int count) throws IOException;

    /** How many bytes were written. */
    long written();

    /** All is written. May fail, and is followed by {@link #abort()} then. */
    void commit() throws IOException;

    /** No more is written. Called in any state, and perhaps more than once; not after a commit that succeeded. */
    void abort() throws IOException;
}
