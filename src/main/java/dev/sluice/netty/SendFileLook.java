package dev.sluice.netty;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * Looks at a file before it is sent, and keeps it open if the system can copy it to a socket: a regular file of the
 * default file system, which has at its end what it claims to have. Files of the kernel claim a page and have a line,
 * or claim nothing and have much; a FIFO claims nothing. These have to be read.
 *
 * <p>Opened on a thread that may block, and closed by any. Close against open: the later of the two closes.
 */
final class SendFileLook {

    private final Path path;
    private @Nullable FileChannel file;
    private boolean closed;
    private long size;

    SendFileLook(Path path) {
        this.path = path;
    }

    void open() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new FileSystemException(path.toString(), null, "a directory cannot be sent");
            }
            if (!Files.isReadable(path)) {
                Files.newByteChannel(path).close(); // says why
            }
            if (attributes.isRegularFile() && attributes.size() > 0 && isOfDefaultFileSystem()) {
                keep(FileChannel.open(path));
            }
        } catch (IOException e) {
            throw Exceptions.propagate(e);
        }
    }

    private boolean isOfDefaultFileSystem() {
        return "file".equals(path.toUri().getScheme());
    }

    private void keep(FileChannel opened) throws IOException {
        try {
            long claimed = opened.size();
            if (claimed > 0 && opened.read(ByteBuffer.allocate(1), claimed - 1) == 1) {
                set(opened, claimed);
            }
        } finally {
            if (file() == null) {
                opened.close();
            }
        }
    }

    private synchronized void set(FileChannel opened, long claimed) {
        if (!closed) {
            file = opened;
            size = claimed;
        }
    }

    /** The open file; null if it has to be read. */
    synchronized @Nullable FileChannel file() {
        return file;
    }

    synchronized long size() {
        return size;
    }

    synchronized void close() {
        closed = true;
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
