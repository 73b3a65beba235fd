package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** A file that is open and is written to where it stands. What was written stays there; errors name the path. */
final class SinkOpenFile implements ByteSink {

    private final Path path;
    private final boolean force;
    private final SeekableByteChannel channel;

    /**
     * Makes a sink.
     *
     * @param path what errors name, and whose directory is forced
     * @param channel closed by {@link #commit()} or {@link #abort()}
     */
    SinkOpenFile(Path path, SeekableByteChannel channel, Set<WriteOption> options) {
        this.path = path;
        this.channel = channel;
        this.force = options.contains(WriteOption.FORCE);
    }

    /** {@link WriteOption#APPEND}: the end of a file. */
    static SinkOpenFile appending(Path path, Set<WriteOption> options) throws IOException {
        try {
            SeekableByteChannel channel =
                    Files.newByteChannel(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return new SinkOpenFile(path, channel, options);
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
            finish();
            forceDirectory();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    /** Closes the file, whose content is on the disk by then if it is to be. */
    void finish() throws IOException {
        if (force) {
            SinkForce.file(path, channel);
        }
        channel.close();
    }

    /** Puts the name of the file on the disk, if it is to be there. */
    void forceDirectory() throws IOException {
        if (force) {
            SinkForce.directoryOf(path);
        }
    }

    @Override
    public void abort() throws IOException {
        FileErrors.close(path, channel);
    }
}
