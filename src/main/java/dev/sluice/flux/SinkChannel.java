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
    private long written;

    SinkChannel(WritableByteChannel channel) {
        this.channel = channel;
    }

    @Override
    public void open() {
        if (channel instanceof SelectableChannel selectable && !selectable.isBlocking()) {
            throw new IllegalStateException("the channel is in non-blocking mode: " + channel);
        }
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int count) throws IOException {
        written += writeAll(channel, bytes, count);
        return true;
    }

    /** Writes everything, however often it takes, and together if the channel can; returns how much it was. */
    static long writeAll(WritableByteChannel to, ByteBuffer[] bytes, int count) throws IOException {
        long all = remaining(bytes, 0, count);
        int first = 0;
        int vain = 0;
        for (long left = all; left > 0; ) {
            while (!bytes[first].hasRemaining()) {
                first++;
            }
            long wrote = first < count - 1 && to instanceof GatheringByteChannel gathering
                    ? gathering.write(bytes, first, count - first)
                    : to.write(bytes[first]);
            vain = wrote > 0 ? 0 : vain + 1;
            checkVainWrites(vain, left);
            left -= wrote;
        }
        return all;
    }

    static void checkVainWrites(int vain, long left) throws IOException {
        if (vain == MAX_VAIN_WRITES) {
            throw new IOException("the channel took none of %,d bytes, %,d times in a row: is it in non-blocking mode?"
                    .formatted(left, vain));
        }
    }

    static long remaining(ByteBuffer[] bytes, int from, int count) {
        long remaining = 0;
        for (int i = from; i < count; i++) {
            remaining += bytes[i].remaining();
        }
        return remaining;
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
