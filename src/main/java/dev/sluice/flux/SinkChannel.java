package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;

/** A channel that somebody else closes. */
final class SinkChannel implements ByteSink {

    /** A channel in blocking mode takes something each time; one that does not is not asked for ever. */
    static final int MAX_VAIN_WRITES = 16;

    private final WritableByteChannel channel;

    private SinkChannel(WritableByteChannel channel) {
        this.channel = channel;
    }

    static SinkChannel open(WritableByteChannel channel) {
        if (channel instanceof SelectableChannel selectable && !selectable.isBlocking()) {
            throw new IllegalStateException("the channel is in non-blocking mode: " + channel);
        }
        return new SinkChannel(channel);
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return write(new ByteBuffer[] {bytes}, 0, 1);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        writeAll(channel, bytes, offset, length);
        return true;
    }

    /** Writes everything, however often it takes, and together if the channel can. */
    static void writeAll(WritableByteChannel to, ByteBuffer[] bytes, int offset, int length) throws IOException {
        int end = offset + length;
        int first = offset;
        int vain = 0;
        for (long left = remaining(bytes, first, end); left > 0; ) {
            while (!bytes[first].hasRemaining()) {
                first++;
            }
            long wrote = first < end - 1 && to instanceof GatheringByteChannel gathering
                    ? gathering.write(bytes, first, end - first)
                    : to.write(bytes[first]);
            vain = wrote > 0 ? 0 : vain + 1;
            checkVainWrites(vain, left);
            left -= wrote;
        }
    }

    static void checkVainWrites(int vain, long left) throws IOException {
        if (vain == MAX_VAIN_WRITES) {
            throw new IOException(Messages.message(
                    "the channel took none of %,d bytes, %,d times in a row: is it in non-blocking mode?", left, vain));
        }
    }

    static long remaining(ByteBuffer[] bytes, int from, int end) {
        long remaining = 0;
        for (int i = from; i < end; i++) {
            remaining += bytes[i].remaining();
        }
        return remaining;
    }

    @Override
    public void commit() {}

    @Override
    public void abort() {}
}
