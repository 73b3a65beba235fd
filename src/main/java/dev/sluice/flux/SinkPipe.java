package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A FIFO, a terminal or another device: written through, and never replaced. Cancelling ends a write that waits. */
final class SinkPipe implements ByteSink {

    private final Path path;
    private final FilePipe pipe;

    private SinkPipe(Path path) {
        this.path = path;
        this.pipe = new FilePipe(path, StandardOpenOption.WRITE);
    }

    /** Checks that it can be written to. It is opened by the first write, since that may wait. */
    static SinkPipe open(Path path) throws IOException {
        path.getFileSystem().provider().checkAccess(path, AccessMode.WRITE);
        return new SinkPipe(path);
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return write(new ByteBuffer[] {bytes}, 0, 1);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        try {
            SinkChannel.writeAll(pipe.open(), bytes, offset, length);
            return true;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    /** Opens it even if there is nothing to write: a reader at the other end waits for that. */
    @Override
    public void commit() throws IOException {
        try {
            pipe.open();
            pipe.close();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public void interrupt() {
        pipe.interrupt();
    }

    @Override
    public void abort() throws IOException {
        pipe.close();
    }
}
