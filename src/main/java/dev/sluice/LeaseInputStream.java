package dev.sluice;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** {@link PooledBuffer#inputStream()}: the content of a lease, which is released with the stream. */
final class LeaseInputStream extends InputStream {

    private static final int COPIED_AT_ONCE = 8192;

    private final PooledBuffer lease;
    private final ByteBuffer content;
    private boolean closed;

    LeaseInputStream(PooledBuffer lease) {
        this.lease = lease;
        this.content = lease.readOnlyBuffer();
        content.mark();
    }

    /** The content; it must not be looked at when the lease is released, because it may be another holder's then. */
    private ByteBuffer content() throws IOException {
        if (closed) {
            throw new IOException("the stream is closed, and its lease released");
        }
        lease.length(); // which refuses if the lease was released by other means
        return content;
    }

    @Override
    public int read() throws IOException {
        ByteBuffer from = content();
        return from.hasRemaining() ? from.get() & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        ByteBuffer from = content();
        if (length == 0) {
            return 0;
        } else if (!from.hasRemaining()) {
            return -1;
        }
        int read = Math.min(length, from.remaining());
        from.get(target, offset, read);
        return read;
    }

    @Override
    public byte[] readAllBytes() throws IOException {
        byte[] all = new byte[content().remaining()];
        content.get(all);
        return all;
    }

    @Override
    public long skip(long n) throws IOException {
        ByteBuffer from = content();
        int skipped = (int) Math.max(0, Math.min(n, from.remaining()));
        from.position(from.position() + skipped);
        return skipped;
    }

    @Override
    public int available() throws IOException {
        return content().remaining();
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
        Objects.requireNonNull(out, "out");
        byte[] some = new byte[Math.min(COPIED_AT_ONCE, content().remaining())];
        long transferred = 0;
        for (int read = read(some, 0, some.length); read > 0; read = read(some, 0, some.length)) {
            out.write(some, 0, read);
            transferred += read;
        }
        return transferred;
    }

    @Override
    public boolean markSupported() {
        return true;
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // a lease is for one thread at a time
    public void mark(int limit) {
        content.mark();
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public void reset() throws IOException {
        content().reset();
    }

    @Override
    public void close() {
        closed = true;
        lease.release();
    }
}
