package dev.sluice.netty;

import dev.sluice.BufferPoolException;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides how much a connection reads at once: much for one that sends much and is listened to, and little for all
 * while the pool has nothing.
 *
 * <p>A read that fills its buffer makes the next four times as large, one that fills a quarter or less makes the next
 * as small as fits. All buffers are powers of two, which are size classes. A buffer that turns out to be four times too
 * large is exchanged for a fitting one before anybody sees it, if the pool has one: so a read pins less than four times
 * what it brought, or 1 KiB.
 *
 * <p>A quarter of the pool is shared out evenly among the connections that have something unreleased, two at least.
 * None reads more at once than its share, nor has a share above 256 KiB. reactor-netty reads on until 32 frames wait
 * for demand. So that a connection nobody listens to does not fill the pool, it reads a 32nd of its share at a time
 * once its share is unreleased.
 *
 * <p>While buffers of the overflow are out, a read takes 2 KiB, and none follows in a row; the fuller the overflow, the
 * less, down to 256 bytes. Each connection goes on, and what the pool gets back serves many. When the overflow has
 * nothing either, the connection ends.
 */
final class AllocatorOfReads extends DefaultMaxMessagesRecvByteBufAllocator {

    private static final int LEAST = 1 << 10;
    private static final int FIRST = 2 << 10;
    private static final int MOST = 256 << 10;

    /** One read takes at most a 32nd of the pool, so that a small one serves several connections. */
    private static final int READS_IN_POOL = 32;

    /** The connections that have something unreleased share a quarter of the pool. */
    private static final int SHARED_PART = 4;

    /** How many reads bring a connection that nobody listens to another share. */
    private static final int UNHEARD_READS = 32;

    /** How many reads in a row, as Netty has it for sockets. */
    private static final int READS = 16;

    /** By the name that earlier versions of Netty know as well; {@code RECVBUF_ALLOCATOR} is the same option. */
    @SuppressWarnings("deprecation")
    static final ChannelOption<RecvByteBufAllocator> OPTION = ChannelOption.RCVBUF_ALLOCATOR;

    private final AllocatorOverPool pooled;
    private final long limit;
    private final int most;

    /** How many connections have something unreleased. */
    private final AtomicInteger holders = new AtomicInteger();

    static AllocatorOfReads of(BufferPoolAllocator allocator) {
        return new AllocatorOfReads((AllocatorOverPool) Objects.requireNonNull(allocator, "allocator"));
    }

    private AllocatorOfReads(AllocatorOverPool pooled) {
        super(READS);
        this.pooled = pooled;
        this.limit = pooled.pool().budget().limit();
        this.most = readOf(limit / READS_IN_POOL);
    }

    /** The largest read that takes no more than so many bytes, within the bounds of reads. */
    private static int readOf(long bytes) {
        return Integer.highestOneBit((int) Math.max(LEAST, Math.min(MOST, bytes)));
    }

    /** How many bytes a connection may have unreleased before it reads less. */
    private long share() {
        return Math.min(MOST, limit / SHARED_PART / Math.max(2, holders.get()));
    }

    /** The most that is read at once, in bytes. */
    int most() {
        return most;
    }

    @Override
    @SuppressWarnings("deprecation")
    public Handle newHandle() {
        return new Reads();
    }

    /** The reads of one connection, and the account of what they have unreleased. */
    private final class Reads extends MaxMessageHandle implements LeaseSource {

        /** Added to on the event loop, subtracted from wherever a buffer is released. */
        private final AtomicLong unreleased = new AtomicLong();

        private int next = Math.min(FIRST, most);
        private @Nullable ByteBuf reading;

        @Override
        public int guess() {
            if (pooled.isOverflowing()) {
                return Math.min(next, FIRST >> (pooled.overflowingEighths() / 2));
            }
            long share = share();
            return Math.min(next, readOf(unreleased.get() < share ? share : share / UNHEARD_READS));
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator alloc) {
            int size = guess();
            try {
                ByteBuf buffer = pooled.isDirect() ? pooled.newLeased(this, size) : alloc.ioBuffer(size);
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
        public PooledBuffer lease(int size) {
            return taken(pooled.lease(size));
        }

        @Override
        public @Nullable PooledBuffer tryLease(int size) {
            PooledBuffer lease = pooled.tryLease(size);
            return lease == null ? null : taken(lease);
        }

        private PooledBuffer taken(PooledBuffer lease) {
            if (unreleased.getAndAdd(lease.pinnedBytes()) == 0) {
                holders.incrementAndGet();
            }
            return lease;
        }

        @Override
        public void giveBack(PooledBuffer lease) {
            if (unreleased.addAndGet(-lease.pinnedBytes()) == 0) {
                holders.decrementAndGet();
            }
            pooled.giveBack(lease);
        }

        @Override
        public boolean isDirect() {
            return pooled.isDirect();
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
            return !pooled.isOverflowing() && unreleased.get() < share() && super.continueReading(maybeMoreData);
        }

        @Override
        public void readComplete() {
            reading = null;
        }
    }
}
