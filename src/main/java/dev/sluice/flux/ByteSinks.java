package dev.sluice.flux;

import java.io.OutputStream;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;

/**
 * The sinks of this package, for {@link BufferFlux#writeTo(ByteSink.Opener)}.
 *
 * <pre>{@code
 *   flux.writeTo(ByteSinks.channel(socket))
 *   flux.writeTo(ByteSinks.file(path, WriteOption.APPEND).on(scheduler))
 * }</pre>
 *
 * <p>The scheduler is a bounded elastic one of this package, {@code sluice-files}, unless the sink never blocks or
 * {@linkplain ByteSink.Opener#on another} is named.
 */
public final class ByteSinks {

    private ByteSinks() {}

    /**
     * A file, as {@link BufferFlux#writeTo(Path, WriteOption...)} describes it.
     *
     * @param path the file; made if it is missing, replaced if it exists, unless an option says otherwise
     * @param options what to do otherwise
     * @return the sink
     * @throws IllegalArgumentException if the options contradict each other
     */
    public static ByteSink.Opener file(Path path, WriteOption... options) {
        Objects.requireNonNull(path, "path");
        Set<WriteOption> all = WriteOption.checked(options);
        return SinkSettings.blocking(answered -> SinkPath.open(path, all));
    }

    /**
     * A stream that somebody else closes. It is flushed at completion.
     *
     * <p><b>Memory.</b> There is an array of 16 KiB in between, so that the stream never sees pooled memory.
     *
     * <p><b>Errors and cancelling.</b> What the stream throws is passed on, and the source is cancelled. What was
     * written by then has been written. A write that never returns keeps its thread and its buffers until it does,
     * cancelled or not.
     *
     * @param stream where to write; used by one subscription at a time
     * @return the sink
     */
    public static ByteSink.Opener stream(OutputStream stream) {
        Objects.requireNonNull(stream, "stream");
        return SinkSettings.blocking(answered -> new SinkStream(stream));
    }

    /**
     * A channel that somebody else closes. Buffers that came while others were written are written together, if the
     * channel can.
     *
     * <p><b>Errors and cancelling.</b> As {@link #stream} says; closing the channel ends a write that does not return.
     * A channel in non-blocking mode is refused with {@link IllegalStateException} before the source is asked, and one
     * that takes nothing 16 times in a row with {@link java.io.IOException}: nobody would say when it can be written
     * to.
     *
     * @param channel where to write; used by one subscription at a time
     * @return the sink
     */
    public static ByteSink.Opener channel(WritableByteChannel channel) {
        Objects.requireNonNull(channel, "channel");
        return SinkSettings.blocking(answered -> SinkChannel.open(channel));
    }

    /**
     * An asynchronous channel that somebody else closes, without a thread. Writes are begun by the thread that brings a
     * buffer or ends the write before it.
     *
     * <p><b>Errors and cancelling.</b> What the channel throws or answers is passed on, {@link
     * java.nio.channels.WritePendingException} and {@link java.nio.channels.ShutdownChannelGroupException} among them,
     * and the source is cancelled. A write that is under way when this is cancelled keeps its buffers until the channel
     * has answered; closing the channel makes it answer. A channel that takes nothing 16 times in a row is refused with
     * {@link java.io.IOException}.
     *
     * @param channel where to write; used by one subscription at a time
     * @return the sink
     */
    public static ByteSink.Opener asynchronousChannel(AsynchronousByteChannel channel) {
        Objects.requireNonNull(channel, "channel");
        return SinkSettings.nonBlocking(answered -> new SinkAsynchronousChannel(channel, answered));
    }
}
