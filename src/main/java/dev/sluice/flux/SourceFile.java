package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file, or a range of it, while it is read from front to back, as long as it was when opened.
 *
 * <p>A size of 0 means nothing: entries of {@code /proc} claim it and have content. So such a file is read until its
 * channel says that it ends. Entries of {@code /sys} claim 4096 and have less: a file that ends early is truncated only
 * if it claims less than before.
 */
final class SourceFile implements ByteSource {

    /** Opens the whole of a file. */
    record Opening(Path path) implements ByteSource.Opener {

        @Override
        public ByteSource open(Runnable answered) throws IOException {
            return SourceFile.open(path, 0, UNKNOWN);
        }
    }

    private static final int SKIP_BYTES = 8 << 10;

    private final Path path;
    private final SeekableByteChannel channel;

    /** Of the whole file. */
    private final long size;

    private final long end;
    private long offset;
    private boolean ended;

    private SourceFile(Path path, SeekableByteChannel channel, long size, long from, long length) {
        this.path = path;
        this.channel = channel;
        this.size = size;
        this.offset = Math.min(from, size);
        this.end = length < size - offset ? offset + length : size;
    }

    /**
     * Opens a file.
     *
     * @param from where to begin, at least 0
     * @param length how much to read at most, at least 0; {@link #UNKNOWN} for all
     */
    static ByteSource open(Path path, long from, long length) throws IOException {
        try {
            FileKind kind = FileKind.of(path);
            if (kind == FileKind.PIPE) {
                return SourcePipe.open(path, from, length);
            }
            SeekableByteChannel channel = channel(path, kind);
            try {
                long size = channel.size();
                boolean begins = from == 0 || ((size == 0 || from < size) && begin(channel, from));
                return new SourceFile(path, channel, size == 0 ? UNKNOWN : size, from, begins ? length : 0);
            } catch (IOException | RuntimeException | Error e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    /**
     * Goes to a position: by reading, where the channel can go nowhere, as in the JDK's own image.
     *
     * @return false where the file ends before, or no file of that file system is so long
     */
    static boolean begin(SeekableByteChannel channel, long position) throws IOException {
        try {
            channel.position(position);
            return true;
        } catch (UnsupportedOperationException e) {
            return skip(channel, position);
        } catch (IOException | IllegalArgumentException e) {
            if (channel.size() > position) {
                throw e; // it has that position, and something else is wrong
            }
            return false;
        }
    }

    private static boolean skip(SeekableByteChannel channel, long bytes) throws IOException {
        ByteBuffer skipped = ByteBuffer.allocate((int) Math.min(bytes, SKIP_BYTES));
        for (long left = bytes; left > 0; left -= skipped.position()) {
            skipped.clear().limit((int) Math.min(left, skipped.capacity()));
            if (channel.read(skipped) < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a file does not say how long it is: entries of {@code /proc} claim nothing and have much, those of {@code
     * /sys} claim a page and have a line. Leaves the position at the beginning.
     */
    static boolean isNominal(SeekableByteChannel channel) throws IOException {
        long size = channel.size();
        boolean hasLast;
        try {
            channel.position(Math.max(0, size - 1));
            hasLast = channel.read(ByteBuffer.allocate(1)) > 0;
            channel.position(0);
        } catch (UnsupportedOperationException e) {
            return false; // the JDK's own image says it
        }
        return hasLast == (size == 0) && channel.size() == size; // or it has changed meanwhile
    }

    /** How long a file is; {@link #UNKNOWN} where it is empty or does not say. */
    static long lengthOf(Path path) throws IOException {
        FileKind kind = FileKind.of(path);
        if (kind == FileKind.PIPE) {
            return UNKNOWN;
        }
        try (SeekableByteChannel channel = channel(path, kind)) {
            return channel.size() == 0 || isNominal(channel) ? UNKNOWN : channel.size();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    static SeekableByteChannel channel(Path path, FileKind kind) throws IOException {
        try {
            // A directory can be opened, and says what it is only when it is read.
            if (kind == FileKind.DIRECTORY) {
                throw FileKind.isDirectory(path);
            }
            return Files.newByteChannel(path, StandardOpenOption.READ);
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public long remainingBytes() {
        return end == UNKNOWN ? UNKNOWN : end - offset;
    }

    @Override
    public boolean isAtEnd() {
        return ended || offset == end;
    }

    @Override
    public boolean isAtHand() {
        return size != UNKNOWN; // not the end: of a pipe, too, a range may be wanted
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        try {
            int read = channel.read(target);
            if (read < 0 && claimsMore()) {
                // Cut short and grown again meanwhile: then there is more. Of a nominal size there is not.
                read = channel.read(target);
            }
            ended = read < 0;
            offset += Math.max(read, 0);
            return ended ? Read.ENOUGH : Read.ON;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    private boolean claimsMore() throws IOException {
        return size != UNKNOWN && channel.size() >= end;
    }

    /** Closes, and complains if the file was truncated before what it had at open was reached. */
    @Override
    public void closeAtEnd() throws IOException {
        try (channel) {
            if (ended && size != UNKNOWN && !claimsMore()) {
                throw new FileTruncatedException(path, size, offset);
            }
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public void close() throws IOException {
        FileErrors.close(path, channel);
    }
}
