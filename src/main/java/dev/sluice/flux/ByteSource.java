package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where the bytes of one {@link ReadSubscription} come from: a file, a stream, a channel, an array, a text. Used by one
 * thread at a time, but for {@link #interrupt()}.
 */
interface ByteSource {

    /** An amount of bytes that nobody knows beforehand. */
    long UNKNOWN = Long.MAX_VALUE;

    /** What a read did to its target. */
    enum Read {
        /** Put something in; more is read into the same target before it is emitted. */
        ON,
        /** Put in what there is now, or nothing; what is in the target is emitted. */
        ENOUGH,
        /** Will put something in: the source says when it has, and is called again then with the same target. */
        LATER
    }

    /** Makes a source for a subscription. */
    @FunctionalInterface
    interface Opener {

        /**
         * Opens.
         *
         * @param answered to be run once for each {@link Read#LATER}, on any thread
         */
        ByteSource open(Runnable answered) throws Exception;
    }

    /** How many bytes will still come at most, or {@link #UNKNOWN}. No read is asked for more. */
    default long remaining() {
        return UNKNOWN;
    }

    /** The same when it has just been opened, to choose the sizes of reads by. */
    default long size() {
        return remaining();
    }

    boolean isAtEnd();

    /** Whether chunks are filled up; if not, each read is emitted by itself, and asked for one chunk. */
    boolean fillsChunks();

    /** Whether a read waits for nobody: the bytes are in memory, or in a file that has them. */
    default boolean isAtHand() {
        return false;
    }

    /** How long to wait before the next read, without a thread and a buffer; 0: not at all. Asked again after it. */
    default long pauseNanos() throws IOException {
        return 0;
    }

    /** Reads once, into a target that has room. */
    Read read(ByteBuffer target) throws IOException;

    /** Ends a read that is under way, if that is possible: the subscription has no use for it any more. */
    default void interrupt() {}

    /** Closes when the end has been reached; then there may be something to complain about. */
    default void closeAtEnd() throws IOException {
        close();
    }

    void close() throws IOException;
}
