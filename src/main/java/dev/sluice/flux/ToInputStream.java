package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * {@link BufferFlux#toInputStream}: the bytes of a subscription, pulled.
 *
 * <p>One thread reads; any other may close. The buffer that is being read belongs to the thread that has the monitor,
 * which is never held while waiting.
 */
final class ToInputStream extends InputStream {

    private final BufferFlux source;
    private final ToInputStreamSubscriber arriving;
    private boolean subscribed;
    private boolean closed;
    private @Nullable PooledBuffer current;
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    ToInputStream(BufferFlux source, int prefetch) {
        this.source = source;
        this.arriving = new ToInputStreamSubscriber(prefetch);
    }

    @Override
    public int read() throws IOException {
        while (await()) {
            synchronized (this) {
                if (bytes.hasRemaining()) {
                    return bytes.get() & 0xFF;
                }
            }
        }
        return -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        while (await()) {
            synchronized (this) {
                if (bytes.hasRemaining()) {
                    int read = Math.min(length, bytes.remaining());
                    bytes.get(target, offset, read);
                    return read;
                }
            }
        }
        return -1;
    }

    @Override
    public long skip(long n) throws IOException {
        long left = n;
        while (left > 0 && await()) {
            synchronized (this) {
                int skipped = (int) Math.min(left, bytes.remaining());
                bytes.position(bytes.position() + skipped);
                left -= skipped;
            }
        }
        return Math.max(0, n - left);
    }

    /**
     * What can be read without waiting: of the buffer that is being read or, if it is used up, of the next one. 1 if
     * there is nothing yet, and 0 only at the end, because many readers of the JDK take 0 for the end.
     */
    @Override
    public int available() throws IOException {
        while (true) {
            synchronized (this) {
                checkOpen();
                if (bytes.hasRemaining()) {
                    return bytes.remaining();
                }
                if (!subscribed || !arriving.hasBuffer()) {
                    return arriving.isAtEnd() ? 0 : 1;
                }
            }
            if (!next()) {
                return 0;
            }
        }
    }

    /** Waits until there is something to read; false at the end. */
    private boolean await() throws IOException {
        while (true) {
            synchronized (this) {
                checkOpen();
                if (bytes.hasRemaining()) {
                    return true;
                }
            }
            if (!subscribed) {
                subscribed = true;
                source.subscribe(arriving);
            }
            if (!next()) {
                return false;
            }
        }
    }

    /** Puts the next buffer in the place of one that is used up; false at the end. */
    private boolean next() throws IOException {
        releaseCurrent();
        if (!arriving.isReady() && Schedulers.isInNonBlockingThread()) {
            throw new IllegalStateException(Messages.message(
                    "would block %s, which must not: read this stream on another thread",
                    Thread.currentThread().getName()));
        }
        PooledBuffer buffer;
        try {
            buffer = arriving.take();
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting for a buffer");
            interrupted.initCause(e);
            throw interrupted;
        }
        synchronized (this) {
            if (buffer == null) {
                checkOpen();
                arriving.checkError();
                return false;
            } else if (closed) {
                buffer.release();
                checkOpen();
            }
            current = buffer;
            bytes = buffer.readOnlyBuffer();
            return true;
        }
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
    }

    private void releaseCurrent() {
        synchronized (this) {
            if (current == null) {
                return;
            }
            current.release();
            current = null;
            bytes = ByteBuffer.allocate(0);
        }
        arriving.replenish();
    }

    /** Cancels the subscription and releases what has come of it. A reader that waits gets an exception. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            bytes = ByteBuffer.allocate(0);
            if (current != null) {
                current.release();
                current = null;
            }
        }
        arriving.cancel();
    }
}
