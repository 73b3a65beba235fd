package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@link WriteOption#IN_PLACE}: the file that is there. It is emptied when the first bytes have come, or at the end if
 * none come; until then it is untouched.
 */
final class SinkInPlace implements ByteSink {

    private final Path path;
    private final boolean force;
    private @Nullable SeekableByteChannel channel;

    private SinkInPlace(Path path, boolean force) {
        this.path = path;
        this.force = force;
    }

    /** Finds out, as far as that can be known, whether it can be written to. */
    static SinkInPlace open(Path path, Set<WriteOption> options) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (Files.exists(path)) {
            path.getFileSystem().provider().checkAccess(path, AccessMode.WRITE);
        } else if (directory != null && !Files.isDirectory(directory)) {
            throw new NoSuchFileException(path.toString(), null, "its directory does not exist");
        }
        return new SinkInPlace(path, options.contains(WriteOption.FORCE));
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return write(new ByteBuffer[] {bytes}, 0, 1);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        try {
            SinkChannel.writeAll(openChannel(), bytes, offset, length);
            return true;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    private SeekableByteChannel openChannel() throws IOException {
        SeekableByteChannel open = channel;
        if (open == null) {
            open = Files.newByteChannel(
                    path, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
            channel = open;
        }
        return open;
    }

    @Override
    public void commit() throws IOException {
        try {
            SeekableByteChannel open = openChannel();
            if (force) {
                SinkForce.file(path, open);
            }
            open.close();
            if (force) {
                SinkForce.directoryOf(path);
            }
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public void abort() throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }
}
