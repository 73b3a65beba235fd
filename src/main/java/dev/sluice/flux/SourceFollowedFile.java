package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongUnaryOperator;

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
    static SourceFollowedFile open(Path path, Duration poll, long offset) throws IOException {
        return open(path, poll, size -> offset);
    }

    /** Opens a file, to be followed from its end. */
    static SourceFollowedFile openAtEnd(Path path, Duration poll) throws IOException {
        return open(path, poll, size -> size);
    }

    private static SourceFollowedFile open(Path path, Duration poll, LongUnaryOperator start) throws IOException {
        SeekableByteChannel channel = SourceFile.channel(path);
        try {
            long size = channel.size();
            long offset = start.applyAsLong(size);
            if (offset > 0) {
                channel.position(offset);
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
        try {
            channel.close();
        } catch (IOException e) {
            throw FileErrors.naming(path, e);
        }
    }
}
