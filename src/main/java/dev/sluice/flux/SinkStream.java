package dev.sluice.flux;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A stream that somebody else closes. It never sees the memory of a lease, which it might keep. */
final class SinkStream implements ByteSink {

    private static final int MAX_COPIED_BYTES = 16 << 10;

    private final OutputStream stream;
    private final byte[] copied = new byte[MAX_COPIED_BYTES];

    SinkStream(OutputStream stream) {
        this.stream = stream;
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int length = Math.min(bytes.remaining(), copied.length);
            bytes.get(copied, 0, length);
            stream.write(copied, 0, length);
        }
        return true;
    }

    @Override
    public void commit() throws IOException {
        stream.flush();
    }

    @Override
    public void abort() {}
}
