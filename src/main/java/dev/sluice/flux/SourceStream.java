package dev.sluice.flux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** {@link ByteSources#stream}: emits what one read brings. */
final class SourceStream extends SourceOfReads {

    private static final int MAX_COPIED_BYTES = 64 << 10;

    private final InputStream stream;
    private byte[] copied = new byte[0];

    SourceStream(InputStream stream) {
        super(stream);
        this.stream = stream;
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        return brought(target.hasArray() ? readDirectly(target) : readAndCopy(target));
    }

    private int readDirectly(ByteBuffer target) throws IOException {
        int read = stream.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
        target.position(target.position() + Math.max(0, read));
        return read;
    }

    /** Memory outside the heap is out of a stream's reach. */
    private int readAndCopy(ByteBuffer target) throws IOException {
        int wanted = Math.min(target.remaining(), MAX_COPIED_BYTES);
        if (copied.length < wanted) {
            copied = new byte[wanted];
        }
        int read = stream.read(copied, 0, wanted);
        target.put(copied, 0, Math.max(0, read));
        return read;
    }
}
