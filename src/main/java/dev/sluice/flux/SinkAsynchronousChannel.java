package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;

/** An asynchronous channel that somebody else closes. One write is under way at a time, as such channels demand. */
final class SinkAsynchronousChannel implements ByteSink {

    private final AsynchronousByteChannel channel;
    private final AsyncAnswer answer;
    private int vain;

    SinkAsynchronousChannel(AsynchronousByteChannel channel, Runnable answered) {
        this.channel = channel;
        this.answer = new AsyncAnswer(answered);
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return write(new ByteBuffer[] {bytes}, 0, 1);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        int end = offset + length;
        for (int i = offset; i < end; ) {
            if (answer.isThere()) {
                take(SinkChannel.remaining(bytes, i, end));
            } else if (!bytes[i].hasRemaining()) {
                i++;
            } else {
                begin(bytes[i]);
                if (answer.isAwaited()) {
                    return false;
                }
            }
        }
        return true;
    }

    private void take(long left) throws IOException {
        int wrote = answer.take();
        vain = wrote > 0 ? 0 : vain + 1;
        SinkChannel.checkVainWrites(vain, left);
    }

    private void begin(ByteBuffer bytes) {
        answer.begin();
        try {
            channel.write(bytes, null, answer);
        } catch (RuntimeException | Error e) {
            answer.forget();
            throw e;
        }
    }

    @Override
    public void commit() {}

    @Override
    public void abort() {}
}
