package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file that appears whole or not at all: written beside its place and moved there at the end.
 *
 * <pre>{@code
 *   NEW --open--> WRITING --commit--> in place
 *    |               |
 *    +-----abort-----+--------------> gone; what was at the path is untouched
 * }</pre>
 */
final class SinkFile implements ByteSink {

    /** For files that cannot be replaced: mount points, files in a directory that may not be written to. */
    private static final String OTHER_WAY = "WriteOption.IN_PLACE writes into the file that is there";

    private final Path path;
    private final boolean createNew;
    private final @Nullable FileRights replaced;
    private final SinkOpenFile content;
    private @Nullable Path temporary;

    /**
     * Makes a sink.
     *
     * @param replaced the rights of the file that is there, which the new one gets
     */
    private SinkFile(
            Path path,
            Set<WriteOption> options,
            @Nullable FileRights replaced,
            Path temporary,
            SeekableByteChannel channel) {
        this.replaced = replaced;
        this.path = path;
        this.createNew = options.contains(WriteOption.CREATE_NEW);
        this.temporary = temporary;
        this.content = new SinkOpenFile(path, channel, options);
    }

    /** Makes the temporary file under a random name: two writers meet at the move only, and the last one wins. */
    static SinkFile open(Path path, Set<WriteOption> options) throws IOException {
        Path beside = path.resolveSibling(Messages.message(
                ".sluice-%016x.tmp", ThreadLocalRandom.current().nextLong()));
        try {
            FileRights replaced = FileRights.of(path);
            return new SinkFile(path, options, replaced, beside, create(beside, replaced != null));
        } catch (NoSuchFileException e) {
            if (Files.exists(path)) {
                throw FileErrors.naming(path, e, OTHER_WAY); // the kernel's own directories take no other file
            }
            throw new NoSuchFileException(path.toString(), null, "its directory does not exist");
        } catch (IOException e) {
            throw Files.isWritable(path) ? FileErrors.naming(path, e, OTHER_WAY) : FileErrors.naming(path, e);
        }
    }

    private static SeekableByteChannel create(Path temporary, boolean secret) throws IOException {
        Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return secret
                ? Files.newByteChannel(temporary, options, FileRights.forNobodyElse())
                : Files.newByteChannel(temporary, options);
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return content.write(bytes);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        return content.write(bytes, offset, length);
    }

    /** Puts the file in its place. */
    @Override
    public void commit() throws IOException {
        try {
            content.finish();
            Path from = Objects.requireNonNull(temporary, "nothing to move");
            if (replaced != null) {
                replaced.giveTo(from);
            }
            moveIntoPlace(from);
            temporary = null;
            content.forceDirectory();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    private void moveIntoPlace(Path from) throws IOException {
        if (createNew) {
            linkIntoPlace(from);
            return;
        }
        try {
            replaceBy(from);
        } catch (IOException e) {
            throw Files.exists(path) ? FileErrors.naming(path, e, OTHER_WAY) : e;
        }
    }

    /** Some file systems move atomically only to where nothing is, and say so in one way or another. */
    private void replaceBy(Path from) throws IOException {
        try {
            Files.move(from, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException | FileAlreadyExistsException | UnsupportedOperationException e) {
            Files.move(from, path, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** A link is the only move that fails atomically where a file exists; where there are none, a check must do. */
    private void linkIntoPlace(Path from) throws IOException {
        try {
            Files.createLink(path, from);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            Files.move(from, path);
            return;
        }
        Files.delete(from);
    }

    /** Leaves nothing behind; does nothing after a commit. */
    @Override
    public void abort() throws IOException {
        Path left = temporary;
        temporary = null;
        if (left == null) {
            return;
        }
        try {
            try {
                content.abort();
            } finally {
                Files.deleteIfExists(left);
            }
        } catch (IOException e) {
            throw FileErrors.naming(left, e);
        }
    }
}
