package dev.sluice.flux;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A source that emits what one read brings, whose end only a read finds out. */
abstract class SourceOfReads implements ByteSource {

    /** What gives nothing, though it could be read, is looked at again and again, but not all the time. */
    static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Closeable opened;
    private volatile @Nullable IOException interruption;
    private boolean gaveNothing;
    private boolean ended;

    /**
     * Makes a source.
     *
     * @param opened what is read
     */
    SourceOfReads(Closeable opened) {
        this.opened = opened;
    }

    @Override
    public final boolean isAtEnd() {
        return ended;
    }

    @Override
    public final boolean fillsChunks() {
        return false;
    }

    @Override
    public final long pauseNanos() {
        boolean rests = gaveNothing;
        gaveNothing = false;
        return rests ? PAUSE_NANOS : 0;
    }

    /**
     * Notes what a read brought.
     *
     * @param bytes how many; below 0 at the end
     */
    final Read brought(int bytes) {
        ended = bytes < 0;
        gaveNothing = bytes == 0;
        return Read.ENOUGH;
    }

    /** Closes what is read while it is read; what that throws is thrown by {@link #close()}, which still comes. */
    final void interruptByClosing() {
        try {
            opened.close();
        } catch (IOException e) {
            interruption = e;
        }
    }

    @Override
    public final void close() throws IOException {
        opened.close();
        IOException earlier = interruption;
        if (earlier != null) {
            throw earlier;
        }
    }
}
