package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;

/** {@link ByteSources#asynchronousChannel}: emits what one read brings, on the thread that brings it. */
final class SourceAsynchronousChannel extends SourceOfReads {

    private final AsynchronousByteChannel channel;
    private final AsyncAnswer answer;

    SourceAsynchronousChannel(AsynchronousByteChannel channel, Runnable answered) {
        super(channel);
        this.channel = channel;
        this.answer = new AsyncAnswer(answered);
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        if (!answer.isThere()) {
            begin(target);
            if (answer.isAwaited()) {
                return Read.LATER;
            }
        }
        return brought(answer.take());
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
        interruptByClosing();
    }
}
