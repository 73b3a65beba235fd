package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import reactor.core.scheduler.Scheduler;

/**
 * The sources of this package, for {@link BufferFlux#read(ByteSource.Opener, BufferPool)}. Each may be subscribed to
 * many times, and opens anew for each subscription.
 *
 * <pre>{@code
 *   BufferFlux.read(ByteSources.range(path, 1_000, 500), pool)
 *   BufferFlux.read(ByteSources.stream(() -> resource.openStream()).chunkSize(8192).on(scheduler), pool)
 * }</pre>
 *
 * <p>The scheduler is a bounded elastic one of this package, {@code sluice-files}, unless the source never blocks or
 * {@linkplain ByteSource.Opener#on another} is named.
 */
public final class ByteSources {

    private ByteSources() {}

    /**
     * The scheduler of sources and sinks that may block, unless {@linkplain ByteSource.Opener#on another} is named: for
     * other work on files, such as to look at one before it is read. It is bounded and elastic as Reactor's own, but
     * another one, so that a thread of Reactor's that waits for a source is not one that the source waits for.
     *
     * @return {@code sluice-files}, made when it is first needed
     */
    public static Scheduler scheduler() {
        return FileThreads.scheduler();
    }

    /**
     * A file, as long as it is when it is opened; what is appended meanwhile is not read. A file that claims no size,
     * such as an entry of {@code /proc}, is read to its end.
     *
     * <p><b>Errors.</b> A missing file, a directory, a refused permission or a failing device end the sequence with a
     * {@link java.nio.file.FileSystemException} that names the path; a file that became shorter while it was read, with
     * {@link FileTruncatedException}, after the bytes it still had.
     *
     * <p>Chunks are always filled. <b>A FIFO, a terminal or another device</b> is read in what one read brings instead,
     * to its end; a read that has nothing yet keeps its thread and its buffer, and cancelling ends it. A FIFO is opened
     * when a buffer is requested, since that waits for a writer.
     *
     * @param path the file
     * @return the source
     */
    public static ByteSource.Opener file(Path path) {
        Objects.requireNonNull(path, "path");
        return SourceSettings.blocking(path.toString(), new SourceFile.Opening(path));
    }

    /**
     * A range of a file. Otherwise as {@link #file}.
     *
     * <p>What the file does not have when it is opened is not delivered, and that is no error: a range that begins
     * beyond its end is empty. A file that becomes shorter than the end of the range while it is read ends the sequence
     * with {@link FileTruncatedException}.
     *
     * @param path the file
     * @param offset where the range begins in the file, in bytes, at least 0
     * @param length how long it is, in bytes, at least 0
     * @return the bytes of the range, or those of them that there are
     * @throws IllegalArgumentException if the offset or the length is negative
     */
    public static ByteSource.Opener range(Path path, long offset, long length) {
        Objects.requireNonNull(path, "path");
        Arguments.atLeast(0, offset, "the offset of a range");
        Arguments.atLeast(0, length, "the length of a range");
        String name = Messages.message("%s, %,d bytes from %,d", path, length, offset);
        return SourceSettings.blocking(name, answered -> SourceFile.open(path, offset, length));
    }

    /**
     * A file from its beginning, and then what is appended to it; {@code follow(path, poll, 0)}.
     *
     * @param path the file, which must exist
     * @param poll how long to wait between two looks at a file that has nothing new, above 0
     * @return the content, without an end, as {@link #follow(Path, Duration, long)} says
     * @throws IllegalArgumentException if the poll interval is not above 0
     */
    public static ByteSource.Opener follow(Path path, Duration poll) {
        return follow(path, poll, 0);
    }

    /**
     * A file, and then what is appended to it, until the subscription is cancelled: {@code tail -f}.
     *
     * <p>What there is is emitted without waiting for a full chunk. While there is nothing new, or nothing is
     * requested, the subscription holds no thread, no buffer and no demand, but it keeps the file open. A timer on
     * {@link reactor.core.scheduler.Schedulers#parallel()} wakes it. Otherwise as {@link #file}. What does not say how
     * long it is, a pipe or an entry of {@code /proc} or {@code /sys}, is read as {@link #file} reads it, to its end.
     *
     * <p><b>It is the file that is followed, not the path.</b> If the file is moved or deleted, as when logs rotate, or
     * another is moved over the path, as {@link BufferFlux#writeTo(Path, WriteOption...)} does, the sequence goes on
     * with what is appended to the old file and never sees the new one. If the file is found to be shorter than what
     * was read of it, the sequence ends with {@link FileTruncatedException}; a file that has grown past that again by
     * the next look is not found out.
     *
     * @param path the file, which must exist
     * @param poll how long to wait between two looks at a file that has nothing new, above 0
     * @param offset where to begin, in bytes, at least 0; if the file is shorter when it is opened, it counts as
     *     truncated
     * @return the content from the offset on, without an end
     * @throws IllegalArgumentException if the poll interval is not above 0 or the offset is negative
     */
    public static ByteSource.Opener follow(Path path, Duration poll, long offset) {
        Objects.requireNonNull(path, "path");
        Arguments.nanos(poll, "the poll interval");
        Arguments.atLeast(0, offset, "the offset");
        return SourceSettings.blocking("followed " + path, answered -> SourceFollowedFile.open(path, poll, offset));
    }

    /**
     * What is appended to a file after a subscription has opened it, as {@link #follow(Path, Duration, long)} says.
     *
     * @param path the file, which must exist
     * @param poll how long to wait between two looks at a file that has nothing new, above 0
     * @return what is appended, without an end
     * @throws IllegalArgumentException if the poll interval is not above 0
     */
    public static ByteSource.Opener followFromEnd(Path path, Duration poll) {
        Objects.requireNonNull(path, "path");
        Arguments.nanos(poll, "the poll interval");
        return SourceSettings.blocking("followed " + path, answered -> SourceFollowedFile.openAtEnd(path, poll));
    }

    /**
     * A stream, to its end. What one read of the stream brings is one buffer: a socket need not wait for a full chunk.
     *
     * <p><b>Memory.</b> A buffer of one chunk is taken from the pool before each read, and never before a request. A
     * read that has nothing yet keeps its thread and its buffer. For direct memory, there is an array of up to 64 KiB
     * in between.
     *
     * <p><b>Errors.</b> Whatever opening, reading or closing throws ends the sequence, after the bytes that came before
     * it, and a stream that is null with {@link NullPointerException}. A stream that gives no bytes though it should is
     * asked again every 10 ms.
     *
     * <p><b>A read that never returns</b> cannot be ended: streams know no way to do it. It keeps its thread, its
     * buffer and the stream until it returns, cancelled or not. Use {@link #channel} where there is a channel.
     *
     * @param stream opens the stream of a subscription, on the scheduler
     * @return the source
     */
    public static ByteSource.Opener stream(Callable<? extends InputStream> stream) {
        Objects.requireNonNull(stream, "stream");
        return SourceSettings.blocking(
                "stream", answered -> new SourceStream(Objects.requireNonNull(stream.call(), "the stream is null")));
    }

    /**
     * A channel, to its end, as {@link #stream} reads a stream, but without an array in between.
     *
     * <p><b>A read that never returns</b> is ended by cancelling if the channel is an {@link
     * java.nio.channels.InterruptibleChannel}, as those of files, sockets and pipes are: cancelling closes it, on the
     * thread that cancels. With any other channel it keeps its thread, its buffer and the channel until it returns.
     *
     * <p>A channel in non-blocking mode is asked every 10 ms while it has nothing, without a thread and a buffer.
     *
     * @param channel opens the channel of a subscription, on the scheduler
     * @return the source
     */
    public static ByteSource.Opener channel(Callable<? extends ReadableByteChannel> channel) {
        Objects.requireNonNull(channel, "channel");
        return SourceSettings.blocking(
                "channel",
                answered -> new SourceChannel(Objects.requireNonNull(channel.call(), "the channel is null")));
    }

    /**
     * An asynchronous channel, to its end, without a thread of its own: {@linkplain ByteSource.Opener#on on} the thread
     * that subscribes.
     *
     * <p>What one read brings is one buffer, emitted on the thread that the channel answers on, or, if it was there at
     * once, on the one that requested it; what follows must not block where that thread must not.
     *
     * <p><b>Memory.</b> As {@link #stream} says. A read that is under way keeps its buffer until the channel has
     * answered: cancelling closes the channel, which makes it answer.
     *
     * <p><b>Errors.</b> Whatever opening, reading or closing throws or answers ends the sequence, {@link
     * java.nio.channels.ReadPendingException} and {@link java.nio.channels.ShutdownChannelGroupException} among them.
     *
     * @param channel opens the channel of a subscription; must not block
     * @return the source
     */
    public static ByteSource.Opener asynchronousChannel(Callable<? extends AsynchronousByteChannel> channel) {
        Objects.requireNonNull(channel, "channel");
        return SourceSettings.nonBlocking(
                "asynchronous channel",
                answered -> new SourceAsynchronousChannel(
                        Objects.requireNonNull(channel.call(), "the channel is null"), answered));
    }

    /**
     * An array, copied into buffers as they are requested: on the thread that requests them or, after a wait for
     * memory, on the one that goes on.
     *
     * @param bytes the content, which must not change while it is read
     * @return the source; it has no buffer if there are no bytes
     */
    public static ByteSource.Opener bytes(byte[] bytes) {
        String name = Messages.message("%,d bytes", bytes.length);
        return SourceSettings.nonBlocking(name, answered -> new SourceBytes(ByteBuffer.wrap(bytes)));
    }

    /**
     * A text, encoded into buffers as they are requested: on the thread that requests them or, after a wait for memory,
     * on the one that goes on.
     *
     * <p>No more of the text is encoded at a time than fits into what is requested. What the charset cannot express is
     * replaced, as {@link String#getBytes(Charset)} does, and so are halves of surrogate pairs. The bytes of a
     * character may lie in two buffers.
     *
     * @param text the text, which must not change while it is read
     * @param charset how to encode it
     * @return the source; it has no buffer if there is no text
     * @throws UnsupportedOperationException if the charset cannot encode
     */
    public static ByteSource.Opener text(CharSequence text, Charset charset) {
        Objects.requireNonNull(text, "text");
        if (!charset.canEncode()) {
            throw new UnsupportedOperationException(charset + " cannot encode");
        }
        String name = Messages.message("%,d characters, %s", text.length(), charset);
        return SourceSettings.nonBlocking(name, answered -> new SourceText(text, charset));
    }
}
