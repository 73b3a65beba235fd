package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file while it is read from front to back, as long as it was when opened. Used by one thread at a time.
 *
 * <p>A size of 0 means nothing: entries of {@code /proc} claim it and have content. So such a file is read until its
 * channel says that it ends. Entries of {@code /sys} claim 4096 and have less: a file that ends early is truncated only
 * if it claims less than before.
 */
final class SourceFile {

    static final long UNKNOWN = Long.MAX_VALUE;

    private final Path path;
    private final SeekableByteChannel channel;
    private final long size;
    private long offset;
    private boolean ended;

    private SourceFile(Path path, SeekableByteChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    static SourceFile open(Path path) throws IOException {
        try {
            // A directory can be opened, and says what it is only when it is read.
            if (Files.isDirectory(path)) {
                throw new FileSystemException(path.toString(), null, "is a directory");
            }
            SeekableByteChannel channel = Files.newByteChannel(path, StandardOpenOption.READ);
            try {
                long size = channel.size();
                return new SourceFile(path, channel, size == 0 ? UNKNOWN : size);
            } catch (IOException | RuntimeException | Error e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    /** The size at open, or {@link #UNKNOWN}. */
    long size() {
        return size;
    }

    /** What is left of the size at open, or {@link #UNKNOWN}. */
    long remaining() {
        return size == UNKNOWN ? UNKNOWN : size - offset;
    }

    boolean isAtEnd() {
        return ended || offset == size;
    }

    /**
     * Reads once, up to the limit of the target, which must be within what remains.
     *
     * @return whether there may be more
     */
    boolean read(ByteBuffer target) throws IOException {
        try {
            int read = channel.read(target);
            if (read < 0 && claimsMore()) {
                // Cut short and grown again meanwhile: then there is more. Of a nominal size there is not.
                read = channel.read(target);
            }
            ended = read < 0;
            offset += Math.max(read, 0);
            return !ended;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    private boolean claimsMore() throws IOException {
        return size != UNKNOWN && channel.size() >= size;
    }

    /** Closes, and complains if the file was truncated before the size at open was reached. */
    void closeAtEnd() throws IOException {
        try (channel) {
            if (ended && size != UNKNOWN && !claimsMore()) {
                throw new FileTruncatedException(path, size, offset);
            }
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    void close() throws IOException {
        try {
            channel.close();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }
}
