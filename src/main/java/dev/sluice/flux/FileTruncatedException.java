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
        this(
                path,
                Messages.message(
                        "the file became shorter while it was read: %,d bytes when opened, but it ended at %,d",
                        sizeAtOpen, offset),
                sizeAtOpen,
                offset);
    }

    private FileTruncatedException(Path path, String reason, long sizeAtOpen, long offset) {
        super(path.toString(), null, reason);
        this.sizeAtOpen = sizeAtOpen;
        this.offset = offset;
    }

    static FileTruncatedException whileFollowed(Path path, long sizeAtOpen, long offset, long size) {
        return new FileTruncatedException(
                path,
                Messages.message(
                        "the file is shorter than what was read of it: %,d bytes were, but it ends at %,d",
                        offset, size),
                sizeAtOpen,
                offset);
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
     * Up to where it was read.
     *
     * @return the offset in the file, in bytes, after the last byte that was delivered
     */
    public long offset() {
        return offset;
    }
}
