package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import reactor.core.scheduler.Scheduler;

/**
 * Where bytes come from: a file, a stream, a column of a database. The first of the three doors; {@link Stage} and
 * {@link ByteSink} are the others.
 *
 * <p>{@link BufferFlux#read(Opener, BufferPool)} makes a sequence of a source: it opens one source for each
 * subscription, takes memory only against demand, and has the source fill it. {@link ByteSources} makes the sources of
 * this package.
 *
 * <pre>{@code
 *   open --> isAtEnd() --> read(target) --> isAtEnd() --> ... true --> closeAtEnd()
 *                 at any time: a failure, a cancellation             --> close()
 * }</pre>
 *
 * <p><b>Threads.</b> The subscription makes one call at a time, on the {@linkplain Opener#on scheduler} of the source,
 * and each call sees what the calls before it wrote. Only {@link #interrupt()} may run beside another call, on any
 * thread.
 *
 * <p><b>Ownership.</b> The target of a read belongs to the subscription. The source writes to it until {@link
 * #read} has returned, or, after {@link Read#LATER}, until the source has run {@code answered}. The source belongs to
 * the subscription, which closes it exactly once: by {@link #closeAtEnd()}, or by {@link #close()}, or, where {@code
 * closeAtEnd} fails, by neither of them again.
 *
 * <p><b>Errors.</b> What a method throws ends the sequence, after the bytes that came before it; the source is closed,
 * and what closing throws is {@linkplain Throwable#addSuppressed added} to that error. After a cancellation, an error
 * goes to {@link reactor.core.publisher.Hooks#onErrorDropped}.
 *
 * <p>{@code dev.sluice.testing.ByteSourceContract} proves an implementation.
 */
public interface ByteSource {

    /** An amount of bytes that nobody knows beforehand. */
    long UNKNOWN = Long.MAX_VALUE;

    /** What a read did to its target. */
    enum Read {
        /** The source put something in, and would put more into the same target before it is emitted. */
        ON,
        /** The source put in what there is now, perhaps nothing; what is in the target is emitted. */
        ENOUGH,
        /** The source will put something in: it says when it has, and is called again then with the same target. */
        LATER
    }

    /**
     * Makes a source for each subscription, and says how it is to be read.
     *
     * <p>A lambda will do. The methods of this type return an opener that opens as this one does, with a setting
     * changed:
     *
     * <pre>{@code
     *   ByteSource.Opener blob = answered -> new BlobSource(connections);
     *   BufferFlux.read(blob.named("blob").chunkSize(8192), pool)
     * }</pre>
     */
    @FunctionalInterface
    interface Opener {

        /**
         * Opens a source, on the scheduler. A call that throws leaves nothing open.
         *
         * @param answered for a source whose reads end {@link Read#LATER}: to be run once for each, when it has ended,
         *     by success or failure; any thread may run it, within {@code read} as well
         * @return the source of one subscription
         * @throws Exception what the sequence then ends with
         */
        ByteSource open(Runnable answered) throws Exception;

        /**
         * Sets the greatest length of a buffer. By default it is {@link BufferPool#chunkSize()}.
         *
         * @param chunkSize how many bytes a buffer has at most, at least 1; where the source {@linkplain #fillsChunks
         *     fills chunks}, every buffer but the last has as many
         * @return an opener with this setting
         * @throws IllegalArgumentException if the length is below 1
         */
        default Opener chunkSize(int chunkSize) {
            return SourceSettings.of(this).withChunkSize(chunkSize);
        }

        /**
         * Sets where the source is opened, read and closed, and its buffers are emitted. By default that is a bounded
         * elastic scheduler of this package, {@code sluice-files}, or, for a source that never blocks, the thread that
         * requests.
         *
         * @param scheduler the scheduler; if the source blocks, its threads must be allowed to
         * @return an opener with this setting
         */
        default Opener on(Scheduler scheduler) {
            return SourceSettings.of(this).withScheduler(scheduler);
        }

        /**
         * Sets how long the source waits for memory when the pool has none. By default that is as {@link
         * BufferFlux#waiting} says, or else for ever.
         *
         * @param policy how long to wait for each buffer
         * @return an opener with this setting
         */
        default Opener waiting(WaitPolicy policy) {
            return SourceSettings.of(this).withPolicy(policy);
        }

        /**
         * Names the source in reports of lost leases, as {@code BufferFlux.read(name)}.
         *
         * @param name the name; {@code "source"} by default
         * @return an opener with this setting
         */
        default Opener named(String name) {
            return SourceSettings.of(this).withName(name);
        }
    }

    /**
     * How many bytes will still come at most. No read is asked for more, so a source that knows saves memory.
     *
     * @return the bytes left, or {@link #UNKNOWN}
     */
    default long remainingBytes() {
        return UNKNOWN;
    }

    /**
     * How many bytes will come, asked once when the source has just been opened, to choose the sizes of reads by.
     *
     * @return the bytes of the whole source at most, or {@link #UNKNOWN}
     */
    default long sizeBytes() {
        return remainingBytes();
    }

    /**
     * Whether the end was reached. Asked before each read; then {@link #closeAtEnd()} follows and the sequence
     * completes.
     *
     * @return whether nothing more will come
     */
    boolean isAtEnd();

    /**
     * Whether a buffer may wait until it is full. If not, each read is emitted by itself and is asked for one chunk:
     * what a socket brings need not wait for more.
     *
     * @return whether chunks are filled up; {@code true} by default
     */
    default boolean fillsChunks() {
        return true;
    }

    /**
     * Whether a read waits for nobody, because the bytes are in memory or in a file that has them. An {@link
     * BufferFlux#emitOn emitOn} directly below then wakes its scheduler once for several buffers.
     *
     * @return whether the bytes are at hand; {@code false} by default
     */
    default boolean isAtHand() {
        return false;
    }

    /**
     * How long to wait before the next read. The subscription waits without a thread, a buffer and demand, and asks
     * again then. For a source that has nothing now and cannot say when it will.
     *
     * @return the time in nanoseconds; 0, as by default, to read at once
     * @throws IOException what the sequence then ends with
     */
    default long pauseNanos() throws IOException {
        return 0;
    }

    /**
     * Reads once, from the target's position on and never beyond its limit, and moves the position accordingly.
     *
     * <p>An end that only a read finds out puts nothing in, returns {@link Read#ENOUGH}, and makes {@link #isAtEnd()}
     * true. A read that blocks keeps its thread and its buffer.
     *
     * @param target has room; must not be kept when the read has ended
     * @return what the read did
     * @throws IOException what the sequence then ends with
     */
    Read read(ByteBuffer target) throws IOException;

    /**
     * Ends a read that is under way, if that is possible, because the subscription was cancelled. May run on any
     * thread, beside a read, more than once, and before {@link #close()}, which still comes. A read that ends {@link
     * Read#LATER} still has to run {@code answered}.
     */
    default void interrupt() {}

    /**
     * Closes when {@link #isAtEnd()} has said so; then there may be something to complain about, such as a file that
     * became shorter. Closes by {@link #close()} by default.
     *
     * @throws IOException what the sequence ends with instead of completing; the source is closed all the same
     */
    default void closeAtEnd() throws IOException {
        close();
    }

    /**
     * Closes. Called once, unless {@link #closeAtEnd()} was, after the last read has ended.
     *
     * @throws IOException if closing fails; the source is not closed again
     */
    void close() throws IOException;
}
