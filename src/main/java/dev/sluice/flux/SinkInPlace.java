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
    private final Set<WriteOption> options;
    private @Nullable SinkOpenFile opened;

    private SinkInPlace(Path path, Set<WriteOption> options) {
        this.path = path;
        this.options = options;
    }

    /** Finds out, as far as that can be known, whether it can be written to. */
    static SinkInPlace open(Path path, Set<WriteOption> options) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (Files.exists(path)) {
            path.getFileSystem().provider().checkAccess(path, AccessMode.WRITE);
        } else if (directory != null && !Files.isDirectory(directory)) {
            throw new NoSuchFileException(path.toString(), null, "its directory does not exist");
        }
        return new SinkInPlace(path, options);
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return opened().write(bytes);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        return opened().write(bytes, offset, length);
    }

    private SinkOpenFile opened() throws IOException {
        SinkOpenFile file = opened;
        if (file == null) {
            file = new SinkOpenFile(path, openChannel(), options);
            opened = file;
        }
        return file;
    }

    private SeekableByteChannel openChannel() throws IOException {
        try {
            return Files.newByteChannel(
                    path, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public void commit() throws IOException {
        opened().commit();
    }

    @Override
    public void abort() throws IOException {
        if (opened != null) {
            opened.abort();
        }
    }
}
