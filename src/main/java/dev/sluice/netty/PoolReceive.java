package dev.sluice.netty;

import dev.sluice.BufferPoolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides how much a connection reads at once: much for one that sends much, and little for all while the pool has
 * nothing.
 *
 * <p>A read that fills its buffer makes the next four times as large, one that fills a quarter or less makes the next as
 * small as fits. All buffers are powers of two, which are size classes. A buffer that turns out to be four times too large
 * is exchanged for a fitting one before anybody sees it, if the pool has one: so a read pins less than four times what
 * it brought, or 1 KiB.
 *
 * <p>While buffers of the overflow are out, a read takes 2 KiB, and none follows in a row. Each connection goes on, and
 * what the pool gets back serves many. When the overflow has nothing either, the connection ends.
 */
final class PoolReceive extends DefaultMaxMessagesRecvByteBufAllocator {

    private static final int LEAST = 1 << 10;
    private static final int FIRST = 2 << 10;
    private static final int MOST = 64 << 10;

    /** One read takes at most this share of the pool, so that a small one serves several connections. */
    private static final int SHARE_OF_POOL = 32;

    /** How many reads in a row, as Netty has it for sockets. */
    private static final int READS = 16;

    private final PoolAllocator pooled;
    private final int most;

    static PoolReceive of(BufferPoolAllocator allocator) {
        return new PoolReceive((PoolAllocator) Objects.requireNonNull(allocator, "allocator"));
    }

    private PoolReceive(PoolAllocator pooled) {
        super(READS);
        this.pooled = pooled;
        long share = pooled.pool().budget().limit() / SHARE_OF_POOL;
        this.most = Integer.highestOneBit((int) Math.max(LEAST, Math.min(MOST, share)));
    }

    @Override
    @SuppressWarnings("deprecation")
    public Handle newHandle() {
        return new Reads();
    }

    private final class Reads extends MaxMessageHandle {

        private int next = Math.min(FIRST, most);
        private @Nullable ByteBuf reading;

        @Override
        public int guess() {
            return pooled.isOverflowing() ? Math.min(next, FIRST) : next;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator alloc) {
            try {
                ByteBuf buffer = alloc.ioBuffer(guess());
                reading = buffer;
                return buffer;
            } catch (BufferPoolException e) {
                throw Reads.<RuntimeException>undeclared(new IOException("nothing to read into: " + e.getMessage(), e));
            }
        }

        /** Netty closes a connection whose read fails for I/O, and would try any other again at once, for ever. */
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
        private static <E extends Exception> E undeclared(IOException e) throws E {
            throw (E) e;
        }

        @Override
        public void lastBytesRead(int bytes) {
            super.lastBytesRead(bytes);
            ByteBuf buffer = reading;
            reading = null;
            if (bytes > 0) {
                predict(attemptedBytesRead(), bytes);
                if (buffer != null && bytes <= buffer.capacity() / 4 && buffer.capacity() > LEAST) {
                    buffer.capacity(buffer.writerIndex());
                }
            }
        }

        private void predict(int attempted, int bytes) {
            if (bytes >= attempted && attempted >= next) {
                next = Math.min(next * 4, most);
            } else if (bytes < attempted && bytes <= next / 4) {
                next = Math.max(LEAST, Integer.highestOneBit(bytes) << 1);
            }
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
            return !pooled.isOverflowing() && super.continueReading(maybeMoreData);
        }

        @Override
        public void readComplete() {
            reading = null;
        }
    }
}
