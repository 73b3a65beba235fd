package dev.sluice.flux;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A stream that somebody else closes. It never sees the memory of a lease, which it might keep. */
final class SinkStream implements ByteSink {

    private static final int MAX_COPIED_BYTES = 16 << 10;

    private final OutputStream stream;
    private byte[] copied = new byte[0];
    private long written;

    SinkStream(OutputStream stream) {
        this.stream = stream;
    }

    @Override
    public void open() {
        copied = new byte[MAX_COPIED_BYTES];
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            ByteBuffer from = bytes[i];
            while (from.hasRemaining()) {
                int length = Math.min(from.remaining(), copied.length);
                from.get(copied, 0, length);
                stream.write(copied, 0, length);
                written += length;
            }
        }
        return true;
    }

    @Override
    public long written() {
        return written;
    }

    @Override
    public void commit() throws IOException {
        stream.flush();
    }

    @Override
    public void abort() {}
}
