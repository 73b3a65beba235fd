package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.Duration;

/** {@link ByteSources#follow}: a file that has no end, only a length that grows. */
final class SourceFollowedFile implements ByteSource {

    private static final Duration LONGEST_POLL = Duration.ofNanos(Long.MAX_VALUE);

    private final Path path;
    private final SeekableByteChannel channel;
    private final long pollNanos;
    private final long sizeAtOpen;
    private long seenSize;
    private long offset;

    private SourceFollowedFile(Path path, SeekableByteChannel channel, Duration poll, long size, long offset) {
        this.path = path;
        this.channel = channel;
        this.pollNanos = poll.compareTo(LONGEST_POLL) < 0 ? poll.toNanos() : Long.MAX_VALUE;
        this.sizeAtOpen = size;
        this.seenSize = offset;
        this.offset = offset;
    }

    /** Opens a file, to be followed from an offset. */
    static ByteSource open(Path path, Duration poll, long offset) throws IOException {
        return open(path, poll, offset, false);
    }

    /** Opens a file, to be followed from its end. */
    static ByteSource openAtEnd(Path path, Duration poll) throws IOException {
        return open(path, poll, 0, true);
    }

    /** What does not say how long it is, a pipe or a file of the kernel, is read once, to its end. */
    private static ByteSource open(Path path, Duration poll, long from, boolean atEnd) throws IOException {
        FileKind kind = FileKind.of(path);
        if (kind == FileKind.PIPE) {
            return SourceFile.open(path, from, UNKNOWN);
        }
        SeekableByteChannel channel = SourceFile.channel(path, kind);
        try {
            if (SourceFile.isNominal(channel)) {
                channel.close();
                return SourceFile.open(path, from, atEnd ? 0 : UNKNOWN);
            }
            long size = channel.size();
            long offset = atEnd ? size : from;
            if (offset > 0 && offset <= size) {
                SourceFile.begin(channel, offset);
            }
            return new SourceFollowedFile(path, channel, poll, size, offset);
        } catch (IOException e) {
            channel.close();
            throw FileErrors.naming(path, e);
        } catch (RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public long remainingBytes() {
        return seenSize - offset;
    }

    @Override
    public long sizeBytes() {
        return UNKNOWN;
    }

    @Override
    public boolean isAtEnd() {
        return false;
    }

    @Override
    public long pauseNanos() throws IOException {
        try {
            seenSize = channel.size();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
        if (seenSize < offset) {
            throw FileTruncatedException.whileFollowed(path, sizeAtOpen, offset, seenSize);
        }
        return seenSize == offset ? pollNanos : 0;
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        try {
            int read = channel.read(target);
            offset += Math.max(0, read);
            return read > 0 ? Read.ON : Read.ENOUGH;
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }

    @Override
    public void close() throws IOException {
        FileErrors.close(path, channel);
    }
}
