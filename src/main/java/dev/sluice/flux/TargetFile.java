package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file that appears whole or not at all: written beside its place and moved there at the end. Used by one thread at a
 * time.
 *
 * <pre>{@code
 *   NEW --open--> WRITING --commit--> in place
 *    |               |
 *    +-----abort-----+--------------> gone; what was at the path is untouched
 * }</pre>
 */
final class TargetFile {

    private final Path path;
    private @Nullable Path temporary;
    private @Nullable SeekableByteChannel channel;
    private long written;

    TargetFile(Path path) {
        this.path = path;
    }

    boolean isOpen() {
        return channel != null;
    }

    /** Makes the temporary file under a random name: two writers meet at the move only, and the last one wins. */
    void open() throws IOException {
        if (Files.isDirectory(path)) {
            throw new FileSystemException(path.toString(), null, "is a directory");
        }
        Path beside = path.resolveSibling(
                ".sluice-%016x.tmp".formatted(ThreadLocalRandom.current().nextLong()));
        try {
            channel = Files.newByteChannel(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            temporary = beside;
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(path.toString(), null, "its directory does not exist");
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    long written() {
        return written;
    }

    /**
     * Writes everything from position to limit, however often it takes.
     *
     * @param bytes what to write, in order
     * @param count how many of the array's first elements
     */
    void write(ByteBuffer[] bytes, int count) throws IOException {
        try {
            SeekableByteChannel to = channel();
            if (count > 1 && to instanceof GatheringByteChannel gathering) {
                for (long left = remaining(bytes, count); left > 0; ) {
                    long wrote = gathering.write(bytes, 0, count);
                    left -= wrote;
                    written += wrote;
                }
                return;
            }
            for (int i = 0; i < count; i++) {
                while (bytes[i].hasRemaining()) {
                    written += to.write(bytes[i]);
                }
            }
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    private static long remaining(ByteBuffer[] bytes, int count) {
        long remaining = 0;
        for (int i = 0; i < count; i++) {
            remaining += bytes[i].remaining();
        }
        return remaining;
    }

    /** Puts the file in its place. */
    void commit() throws IOException {
        try {
            channel().close();
            moveIntoPlace();
            temporary = null;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    private void moveIntoPlace() throws IOException {
        Path from = temporary;
        if (from == null) {
            throw new IllegalStateException("nothing to move to " + path);
        }
        try {
            Files.move(from, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, path, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Leaves nothing behind; does nothing after a commit. */
    void abort() throws IOException {
        Path left = temporary;
        temporary = null;
        if (left == null) {
            return;
        }
        try {
            try {
                channel().close();
            } finally {
                Files.deleteIfExists(left);
            }
        } catch (IOException e) {
            throw FileErrors.naming(left, e);
        }
    }

    private SeekableByteChannel channel() {
        return Objects.requireNonNull(channel, "not open");
    }
}
