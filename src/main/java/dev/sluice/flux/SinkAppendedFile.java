package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@link WriteOption#APPEND}: the end of a file. What was written stays there. */
final class SinkAppendedFile implements ByteSink {

    private final Path path;
    private final boolean force;
    private @Nullable SeekableByteChannel channel;
    private long written;

    SinkAppendedFile(Path path, Set<WriteOption> options) {
        this.path = path;
        this.force = options.contains(WriteOption.FORCE);
    }

    @Override
    public void open() throws IOException {
        if (Files.isDirectory(path)) {
            throw new FileSystemException(path.toString(), null, "is a directory");
        }
        try {
            channel = Files.newByteChannel(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(path.toString(), null, "its directory does not exist");
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int count) throws IOException {
        try {
            written += SinkChannel.writeAll(Objects.requireNonNull(channel, "not open"), bytes, count);
            return true;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public long written() {
        return written;
    }

    @Override
    public void commit() throws IOException {
        SeekableByteChannel open = Objects.requireNonNull(channel, "not open");
        try {
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
