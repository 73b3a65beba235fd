package dev.sluice.flux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** {@link ByteSources#stream}: emits what one read brings. */
final class SourceStream implements ByteSource {

    /** A stream that gives nothing breaks its contract, and is not asked again and again. */
    static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int MAX_COPIED_BYTES = 64 << 10;

    private final InputStream stream;
    private byte[] copied = new byte[0];
    private boolean gaveNothing;
    private boolean ended;

    SourceStream(InputStream stream) {
        this.stream = stream;
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
        return rests ? PAUSE_NANOS : 0;
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        int read = target.hasArray() ? readDirectly(target) : readAndCopy(target);
        ended = read < 0;
        gaveNothing = read == 0;
        return Read.ENOUGH;
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

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
