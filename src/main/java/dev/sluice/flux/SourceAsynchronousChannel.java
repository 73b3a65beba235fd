package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import org.jspecify.annotations.Nullable;

/** {@link ByteSources#asynchronousChannel}: emits what one read brings, on the thread that brings it. */
final class SourceAsynchronousChannel implements ByteSource {

    private final AsynchronousByteChannel channel;
    private final AsyncAnswer answer;
    private volatile @Nullable IOException interruption;
    private boolean gaveNothing;
    private boolean ended;

    SourceAsynchronousChannel(AsynchronousByteChannel channel, Runnable answered) {
        this.channel = channel;
        this.answer = new AsyncAnswer(answered);
    }

    @Override
    public boolean isAtEnd() {
        return ended;
    }

    @Override
    public boolean fillsChunks() {
        return false;
    }

    @Override
    public long pauseNanos() {
        boolean rests = gaveNothing;
        gaveNothing = false;
        return rests ? SourceStream.PAUSE_NANOS : 0;
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        if (!answer.isThere()) {
            begin(target);
            if (answer.isAwaited()) {
                return Read.LATER;
            }
        }
        int read = answer.take();
        ended = read < 0;
        gaveNothing = read == 0;
        return Read.ENOUGH;
    }

    private void begin(ByteBuffer target) {
        answer.begin();
        try {
            channel.read(target, null, answer);
        } catch (RuntimeException | Error e) {
            answer.forget();
            throw e;
        }
    }

    /** A channel that is closed ends what is under way, and only then the buffer is free. */
    @Override
    public void interrupt() {
        try {
            channel.close();
        } catch (IOException e) {
            interruption = e;
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
