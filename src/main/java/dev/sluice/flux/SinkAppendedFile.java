package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** {@link WriteOption#APPEND}: the end of a file. What was written stays there. */
final class SinkAppendedFile implements ByteSink {

    private final Path path;
    private final boolean force;
    private final SeekableByteChannel channel;

    private SinkAppendedFile(Path path, SeekableByteChannel channel, boolean force) {
        this.path = path;
        this.channel = channel;
        this.force = force;
    }

    static SinkAppendedFile open(Path path, Set<WriteOption> options) throws IOException {
        try {
            SeekableByteChannel channel =
                    Files.newByteChannel(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return new SinkAppendedFile(path, channel, options.contains(WriteOption.FORCE));
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(path.toString(), null, "its directory does not exist");
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        return write(new ByteBuffer[] {bytes}, 0, 1);
    }

    @Override
    public boolean write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        try {
            SinkChannel.writeAll(channel, bytes, offset, length);
            return true;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public void commit() throws IOException {
        try {
            if (force) {
                SinkForce.file(path, channel);
            }
            channel.close();
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
            channel.close();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }
}
