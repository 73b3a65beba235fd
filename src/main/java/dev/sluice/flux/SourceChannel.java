package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.InterruptibleChannel;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/** {@link ByteSources#channel}: emits what one read brings. */
final class SourceChannel implements ByteSource {

    private final ReadableByteChannel channel;
    private volatile @Nullable IOException interruption;
    private boolean gaveNothing;
    private boolean ended;

    SourceChannel(ReadableByteChannel channel) {
        this.channel = channel;
    }

    @Override
    public boolean isAtEnd() {
        return ended;
    }

    @Override
    public boolean fillsChunks() {
        return false;
    }

    /** A channel in non-blocking mode is looked at again and again, but not all the time. */
    @Override
    public long pauseNanos() {
        boolean rests = gaveNothing;
        gaveNothing = false;
        return rests ? SourceStream.PAUSE_NANOS : 0;
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        int read = channel.read(target);
        ended = read < 0;
        gaveNothing = read == 0;
        return Read.ENOUGH;
    }

    /** Such a channel may be closed while it is read; others would have to be waited for. */
    @Override
    public void interrupt() {
        if (channel instanceof InterruptibleChannel) {
            try {
                channel.close();
            } catch (IOException e) {
                interruption = e;
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        IOException earlier = interruption;
        if (earlier != null) {
            throw earlier;
        }
    }
}
