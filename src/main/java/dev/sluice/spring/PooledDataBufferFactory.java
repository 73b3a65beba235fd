package dev.sluice.spring;

import static dev.sluice.spring.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.PooledDataBuffer;
import org.springframework.util.Assert;

/**
 * A {@link DataBufferFactory} whose buffers are leases of a {@link BufferPool}: for servers, clients, codecs and
 * {@code DataBufferUtils}.
 *
 * <p><b>Ownership.</b> The buffers are {@link PooledDataBuffer}s, held once by the caller that allocated, wrapped or
 * joined. {@code retain} and {@code release} count holders; the last release gives the memory back to the pool, and one
 * more throws {@link IllegalStateException}. {@code DataBufferUtils.release} does not throw. A {@code slice} shares the
 * count of its buffer; what {@code split} returns is held, and released, on its own. An iterator of byte buffers keeps
 * the memory while it is open. A byte buffer of {@code asByteBuffer} keeps nothing: it must not be used when the buffer
 * has been released, or has grown.
 *
 * <p><b>Capacity.</b> That of a new buffer is what was asked for. Its lease may be larger: a buffer grows into that
 * first. Then it takes a larger lease and copies. A slice cannot grow: {@link IndexOutOfBoundsException}.
 *
 * <p><b>When the pool is exhausted.</b> A factory answers at once, so it cannot wait. It throws
 * {@link dev.sluice.PoolExhaustedException}, unless it was given an overflow: then it allocates beside the pool, on the
 * heap or in a second pool, no more than that at a time, and throws if it would be more. {@link #overflowBytes()} says
 * how much that is now, and the listeners of the pool are told of each such buffer.
 *
 * <p><b>Threads.</b> The factory is thread-safe. A buffer is for one thread at a time, like any other; only {@code
 * retain}, {@code release} and {@code isAllocated} may be called by several at once.
 */
public final class PooledDataBufferFactory implements DataBufferFactory {

    private static final int DEFAULT_CAPACITY = 256;
    private static final PoolDataBytes NOTHING = new PoolDataBytes.Wrapped(ByteBuffer.allocate(0));

    private static final String REPORTER = "PooledDataBufferFactory";

    private final BufferPool pool;
    private final PoolDataOverflow overflow;

    /**
     * Makes a factory that fails when the pool is exhausted.
     *
     * @param pool where the buffers come from
     */
    public PooledDataBufferFactory(BufferPool pool) {
        this(pool, 0);
    }

    /**
     * Makes a factory that may allocate some heap beside the pool when that is exhausted.
     *
     * @param pool where the buffers come from
     * @param maxOverflowBytes how many bytes may be out at once that are not of the pool, at least 0
     * @throws IllegalArgumentException if the overflow is negative
     */
    public PooledDataBufferFactory(BufferPool pool, long maxOverflowBytes) {
        this.pool = Objects.requireNonNull(pool, "pool");
        Assert.isTrue(
                maxOverflowBytes >= 0,
                () -> message("the overflow must be at least 0 bytes, not %,d", maxOverflowBytes));
        this.overflow = PoolDataOverflow.ofHeap(maxOverflowBytes);
    }

    /**
     * Makes a factory that takes from a second pool when the first one is exhausted.
     *
     * @param pool where the buffers come from
     * @param overflow where they come from when the pool has nothing free; bounded by its own budget
     */
    public PooledDataBufferFactory(BufferPool pool, BufferPool overflow) {
        this.pool = Objects.requireNonNull(pool, "pool");
        this.overflow = PoolDataOverflow.ofPool(overflow);
    }

    /**
     * Where the buffers come from.
     *
     * @return the pool
     */
    public BufferPool pool() {
        return pool;
    }

    /**
     * What is out now that was allocated beside the pool.
     *
     * @return the bytes, from 0 to {@link #maxOverflowBytes()}
     */
    public long overflowBytes() {
        return overflow.used();
    }

    /**
     * How much may be allocated beside the pool.
     *
     * @return the limit in bytes, 0 if an exhausted pool is an error; of a second pool, the limit of its budget
     */
    public long maxOverflowBytes() {
        return overflow.limit();
    }

    /**
     * Allocates a buffer of 256 bytes.
     *
     * @return a buffer with this capacity, held once
     * @throws dev.sluice.PoolExhaustedException if the pool has nothing free, and the overflow no room
     * @throws dev.sluice.PoolClosedException if the pool is closed
     */
    @Override
    @Deprecated
    public PooledDataBuffer allocateBuffer() {
        return allocateBuffer(DEFAULT_CAPACITY);
    }

    /**
     * Allocates a buffer.
     *
     * @param capacity how many bytes it is to hold, at least 0; it can grow
     * @return a buffer with this capacity, held once
     * @throws dev.sluice.PoolExhaustedException if the pool has nothing free, and the overflow no room
     * @throws dev.sluice.InvalidSizeException if the capacity is negative or above the limit of the budget
     * @throws dev.sluice.PoolClosedException if the pool is closed
     */
    @Override
    public PooledDataBuffer allocateBuffer(int capacity) {
        return PoolDataBuffer.of(this, capacity == 0 ? NOTHING : larger(capacity, capacity), capacity, 0);
    }

    /**
     * Takes memory for a buffer.
     *
     * @param least how many bytes it has to have
     * @param wanted how many it should have, if that is possible now
     */
    PoolDataBytes larger(int least, int wanted) {
        if (wanted > least && wanted <= pool.budget().limit()) {
            Optional<PooledBuffer> comfortable = pool.tryAcquireUntold(wanted);
            if (comfortable.isPresent()) {
                return new PoolDataBytes.Leased(comfortable.get());
            }
        }
        Optional<PooledBuffer> free = pool.tryAcquireUntold(least);
        if (free.isPresent()) {
            return new PoolDataBytes.Leased(free.get());
        }
        PoolDataBytes beside = overflow.take(least);
        if (beside == null) {
            return new PoolDataBytes.Leased(pool.acquire(least));
        }
        pool.reportOverflow(least, REPORTER);
        return beside;
    }

    /**
     * Wraps a byte buffer; nothing is taken from the pool.
     *
     * @param byteBuffer whose bytes from the position to the limit are shared
     * @return a buffer of what remains; to grow, it moves to the pool
     */
    @Override
    public PooledDataBuffer wrap(ByteBuffer byteBuffer) {
        ByteBuffer view = byteBuffer.slice();
        return PoolDataBuffer.of(this, new PoolDataBytes.Wrapped(view), view.capacity(), view.capacity());
    }

    /**
     * Wraps an array; nothing is taken from the pool.
     *
     * @param bytes the array, which is shared
     * @return a buffer of all of it; to grow, it moves to the pool
     */
    @Override
    public PooledDataBuffer wrap(byte[] bytes) {
        return wrap(ByteBuffer.wrap(bytes));
    }

    /**
     * Wraps a lease: nothing is copied. The buffer takes the lease over and releases it with its own last release.
     *
     * @param lease of any pool; its content becomes what is readable
     * @return a buffer of the content, which can grow into the lease's capacity
     * @throws dev.sluice.BufferReleasedException if the lease is released
     */
    public PooledDataBuffer wrap(PooledBuffer lease) {
        int length = lease.length();
        return PoolDataBuffer.of(this, new PoolDataBytes.Leased(lease), length, length);
    }

    /**
     * Joins buffers and takes them over: one is returned as it is, several are copied into one of the pool and
     * released.
     *
     * @param dataBuffers at least one
     * @return the content of all; what was held of them is held of this
     * @throws dev.sluice.PoolExhaustedException if the pool has nothing free, and the overflow no room; the buffers are
     *     released then as well
     */
    @Override
    public DataBuffer join(List<? extends DataBuffer> dataBuffers) {
        Assert.notEmpty(dataBuffers, "DataBuffer List must not be empty");
        if (dataBuffers.size() == 1) {
            return dataBuffers.get(0);
        }
        try {
            return copyOf(dataBuffers);
        } finally {
            dataBuffers.forEach(DataBufferUtils::release);
        }
    }

    private DataBuffer copyOf(List<? extends DataBuffer> dataBuffers) {
        long length =
                dataBuffers.stream().mapToLong(DataBuffer::readableByteCount).sum();
        PooledDataBuffer joined = allocateBuffer(Math.toIntExact(length));
        try {
            return joined.write(dataBuffers.toArray(DataBuffer[]::new));
        } catch (Throwable e) {
            joined.release();
            throw e;
        }
    }

    /**
     * Whether the pool's memory is direct.
     *
     * @return what {@link dev.sluice.BufferPoolBuilder#direct} said
     */
    @Override
    public boolean isDirect() {
        return pool.isDirect();
    }

    @Override
    public String toString() {
        return message(
                "PooledDataBufferFactory[%s, overflow %,d of %,d bytes]", pool, overflow.used(), overflow.limit());
    }
}
