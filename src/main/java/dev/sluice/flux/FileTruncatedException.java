package dev.sluice.flux;

import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** Signalled when a file became shorter while it was read, after the bytes that it still had. */
public final class FileTruncatedException extends FileSystemException {

    private static final long serialVersionUID = 1L;

    /** In bytes. */
    private final long sizeAtOpen;

    /** In bytes. */
    private final long offset;

    FileTruncatedException(Path path, long sizeAtOpen, long offset) {
        super(
                path.toString(),
                null,
                "the file became shorter while it was read: %,d bytes when opened, but it ended at %,d"
                        .formatted(sizeAtOpen, offset));
        this.sizeAtOpen = sizeAtOpen;
        this.offset = offset;
    }

    /**
     * How long the file was when it was opened.
     *
     * @return the size in bytes
     */
    public long sizeAtOpen() {
        return sizeAtOpen;
    }

    /**
     * How much of it could be read.
     *
     * @return the bytes that were delivered before the error
     */
    public long offset() {
        return offset;
    }
}
