package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;

/** An asynchronous channel that somebody else closes. One write is under way at a time, as such channels demand. */
final class SinkAsynchronousChannel implements ByteSink {

    private final AsynchronousByteChannel channel;
    private final AsyncAnswer answer;
    private long written;
    private int first;
    private int vain;

    SinkAsynchronousChannel(AsynchronousByteChannel channel, Runnable answered) {
        this.channel = channel;
        this.answer = new AsyncAnswer(answered);
    }

    @Override
    public void open() {}

    @Override
    public boolean write(ByteBuffer[] bytes, int count) throws IOException {
        while (first < count) {
            if (answer.isThere()) {
                take(SinkChannel.remaining(bytes, first, count));
            } else if (!bytes[first].hasRemaining()) {
                first++;
            } else {
                begin(bytes[first]);
                if (answer.isAwaited()) {
                    return false;
                }
            }
        }
        first = 0;
        return true;
    }

    private void take(long left) throws IOException {
        int wrote = answer.take();
        written += wrote;
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
    public long written() {
        return written;
    }

    @Override
    public void commit() {}

    @Override
    public void abort() {}
}
