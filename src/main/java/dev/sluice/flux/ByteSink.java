package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import reactor.core.scheduler.Scheduler;

/**
 * Where bytes go: a file, a stream, a log that rotates. The last of the three doors; {@link ByteSource} and {@link
 * Stage} are the others.
 *
 * <p>{@link BufferFlux#writeTo(Opener)} opens one sink for each subscription, writes each buffer to it, and releases
 * the buffer when it is written. {@link ByteSinks} makes the sinks of this package.
 *
 * <pre>{@code
 *   open --> write(bytes) --> write(bytes) --> ... --> commit()
 *               a failure, a cancellation           --> abort()
 * }</pre>
 *
 * <p><b>Threads.</b> The subscription makes one call at a time, on the {@linkplain Opener#on scheduler} of the sink,
 * and each call sees what the calls before it wrote.
 *
 * <p><b>Ownership.</b> The bytes belong to the subscription. The sink reads them until {@link #write(ByteBuffer) write}
 * has returned {@code true}; it must not keep them longer, for the memory then goes back to the pool. What the sink
 * itself opened, it closes in {@link #commit()} or {@link #abort()}: nothing else follows them.
 *
 * <p><b>Errors.</b> What a method throws cancels the source and ends the sequence, after {@link #abort()}; what that
 * throws is {@linkplain Throwable#addSuppressed added} to the error. After a cancellation, an error goes to {@link
 * reactor.core.publisher.Hooks#onErrorDropped}.
 *
 * <p>{@code dev.sluice.testing.ByteSinkContract} proves an implementation.
 */
public interface ByteSink {

    /**
     * Makes a sink for each subscription, and says where it is to be written to.
     *
     * <p>A lambda will do. {@link #on} returns an opener that opens as this one does, with the setting changed.
     */
    @FunctionalInterface
    interface Opener {

        /**
         * Opens a sink, on the scheduler, before the source is asked for anything. A call that throws leaves nothing
         * open.
         *
         * @param answered for a sink whose writes end later: to be run once for each, when it has ended, by success or
         *     failure; any thread may run it, within {@code write} as well
         * @return the sink of one subscription
         * @throws Exception what the sequence then ends with
         */
        ByteSink open(Runnable answered) throws Exception;

        /**
         * Sets where the sink is opened, written to, committed and aborted. By default that is a bounded
         * elastic scheduler of this package, {@code sluice-files}, or, for a sink that never blocks, the thread that
         * brings a buffer.
         *
         * @param scheduler the scheduler; if the sink blocks, its threads must be allowed to
         * @return an opener with this setting
         */
        default Opener on(Scheduler scheduler) {
            return SinkSettings.of(this).withScheduler(scheduler);
        }
    }

    /**
     * Writes everything from position to limit, however often that takes, and moves the position accordingly.
     *
     * @param bytes what to write, read-only and perhaps nothing
     * @return whether that is done; if not, the sink runs {@code answered} once the write has ended, and this is called
     *     again then with the same bytes
     * @throws IOException what the sequence then ends with
     */
    boolean write(ByteBuffer bytes) throws IOException;

    /**
     * Writes several buffers, in order. By default one after the other; a sink that can write them together saves
     * calls.
     *
     * @param bytes what to write
     * @param offset the first of them
     * @param length how many of them, at least 1
     * @return whether that is done, as in {@link #write(ByteBuffer)}; if not, this is called again with the same bytes,
     *     of which those that are written have nothing remaining
     * @throws IOException what the sequence then ends with
     */
    default boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (!write(bytes[i])) {
                return false;
            }
        }
        return true;
    }

    /**
     * Ends a call that is under way and may wait for long, if that is possible: the subscription was cancelled. Any
     * thread may call it, at any time from when the sink is open, and the call that is under way may return or throw as
     * it likes. By default does nothing: then the call is waited for.
     */
    default void interrupt() {}

    /**
     * Ends well: all bytes are written. Nothing follows, but {@link #abort()} if this fails.
     *
     * @throws IOException what the sequence then ends with
     */
    void commit() throws IOException;

    /**
     * Ends otherwise: the source failed, the subscription was cancelled, or this sink has thrown. Called at most once,
     * and not after a {@link #commit()} that succeeded.
     *
     * @throws IOException if that fails as well
     */
    void abort() throws IOException;
}
