package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A FIFO, a terminal or another device, or a range of what comes of it: emits what one read brings. Reading waits on
 * its thread; cancelling ends that.
 */
final class SourcePipe implements ByteSource {

    private final Path path;
    private final FilePipe pipe;
    private long toSkip;

    /** How much is still to come; {@link #UNKNOWN} for all. */
    private long toRead;

    private boolean ended;

    private SourcePipe(Path path, long from, long length) {
        this.path = path;
        this.pipe = new FilePipe(path, StandardOpenOption.READ);
        this.toSkip = from;
        this.toRead = length;
    }

    /**
     * Checks that it can be read. It is opened by the first read, since that may wait.
     *
     * @param from how many bytes to skip, at least 0
     * @param length how much to read at most, at least 0; {@link #UNKNOWN} for all
     */
    static SourcePipe open(Path path, long from, long length) throws IOException {
        path.getFileSystem().provider().checkAccess(path, AccessMode.READ);
        return new SourcePipe(path, from, length);
    }

    @Override
    public long remainingBytes() {
        return toRead;
    }

    @Override
    public boolean isAtEnd() {
        return ended || toRead == 0;
    }

    @Override
    public boolean fillsChunks() {
        return false;
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        try {
            int start = target.position();
            if (toSkip > 0) {
                target.limit((int) Math.min(target.limit(), start + toSkip));
            }
            int read = pipe.open().read(target);
            ended = read < 0;
            int came = Math.max(0, read);
            if (toSkip > 0) {
                toSkip -= came;
                target.position(start);
            } else if (toRead != UNKNOWN) {
                toRead -= came;
            }
            return Read.ENOUGH;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public void interrupt() {
        pipe.interrupt();
    }

    @Override
    public void close() throws IOException {
        try {
            pipe.close();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }
}
