package dev.sluice.flux;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** {@link WriteOption#FORCE}: puts what was written on the device. */
final class SinkForce {

    private SinkForce() {}

    static void file(Path path, SeekableByteChannel channel) throws IOException {
        if (!(channel instanceof FileChannel file)) {
            throw new FileSystemException(path.toString(), null, "its file system cannot force a file to the device");
        }
        file.force(true);
    }

    /** Puts the name of a file on the device. Where a directory cannot be opened, as on Windows, that is not needed. */
    static void directoryOf(Path path) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null) {
            return;
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(directory, StandardOpenOption.READ);
        } catch (IOException | UnsupportedOperationException e) {
            return;
        }
        try (channel) {
            channel.force(true);
        }
    }
}
