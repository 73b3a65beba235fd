package dev.sluice.flux;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One end of a pipe or a device, opened when it is first needed: opening a FIFO waits until somebody has opened its
 * other end. Used by one thread, but for {@link #interrupt()}.
 */
final class FilePipe {

    /*
     * Interrupt against open: interrupt() closes the channel if it is there. If open() is under way instead,
     * interrupt() opens both ends of the FIFO, which waits for nobody and lets open() return, and keeps them until
     * open() has returned; so it does not matter whether open() waits already. The loser of the race closes what it has
     * opened. If open() has not begun, it refuses. Only who may not open the other end cannot be helped: then open()
     * goes on waiting.
     */

    private final Path path;
    private final OpenOption end;
    private @Nullable ByteChannel channel;
    private @Nullable ByteChannel bothEnds;
    private boolean opening;
    private boolean closed;

    FilePipe(Path path, OpenOption end) {
        this.path = path;
        this.end = end;
    }

    /** The open channel. Waits if it must be opened. */
    ByteChannel open() throws IOException {
        synchronized (this) {
            if (closed) {
                throw new ClosedChannelException();
            } else if (channel != null) {
                return channel;
            }
            opening = true;
        }
        ByteChannel opened = null;
        try {
            opened = Files.newByteChannel(path, end);
        } finally {
            opened(opened);
        }
        return opened;
    }

    @SuppressWarnings("try") // closed at the end, whatever the other close says
    private synchronized void opened(@Nullable ByteChannel opened) throws IOException {
        opening = false;
        channel = opened;
        try (ByteChannel helper = bothEnds) {
            bothEnds = null;
            if (closed && opened != null) {
                opened.close();
            }
        }
    }

    /** Ends whatever is waited for, and closes. May be called by any thread. */
    void interrupt() {
        try {
            close();
            synchronized (this) {
                if (opening && bothEnds == null) {
                    bothEnds = Files.newByteChannel(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
                }
            }
        } catch (IOException | UnsupportedOperationException e) {
            return; // the thread that uses the channel sees that it is closed
        }
    }

    synchronized void close() throws IOException {
        closed = true;
        ByteChannel open = channel;
        if (open != null) {
            open.close();
        }
    }
}
