package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.util.ClassUtils;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * Turns {@code DataBuffer}s into {@link PooledBuffer}s and back, without copying where both can be on the same memory.
 *
 * <p>Each conversion takes its argument over: the caller releases the result, and nobody releases the argument any
 * more. Thread-safe: there is no state.
 */
public final class DataBuffers {

    private static final boolean NETTY =
            ClassUtils.isPresent("io.netty.buffer.ByteBuf", DataBuffers.class.getClassLoader());

    private DataBuffers() {}

    /**
     * Turns data buffers into leases of a pool.
     *
     * <p>A buffer of a {@link PooledDataBufferFactory} on this pool, and one of Netty's whose memory is a lease of this
     * pool, is turned into that lease; of one of up to 1 KiB that pins more than four times the capacity that it needs,
     * a copy is made, if the pool has room. Any other is copied, into buffers of at most {@link
     * BufferPool#chunkSize()}, and then released.
     *
     * <p><b>Demand.</b> The source is asked for one data buffer at a time, and only when a buffer is requested here; so
     * a subscription has at most as many leases out as were requested. If the pool has nothing for a copy, the
     * subscription waits its turn without a thread, as long as {@link BufferFlux#waiting} says, and holds one data
     * buffer meanwhile. While any conversion into a pool runs that may wait, one buffer of 4 KiB, or of an eighth of a
     * smaller budget, is kept for those who wait, so that they get through one after the other even where all other
     * memory of the pool lies in what was read ahead for them.
     *
     * <p><b>Threads.</b> It emits on the thread that brings a data buffer or requests; after a wait for memory, on
     * {@code Schedulers.parallel()}.
     *
     * <p><b>The end.</b> Empty data buffers are dropped. An error of the source comes at once, before what is still
     * held here, which is released; so it is when the subscription is cancelled.
     *
     * @param source whose buffers are taken over
     * @param pool of which the leases are
     * @return the same bytes; {@link dev.sluice.PoolExhaustedException} where they do not wait for memory that is not
     *     there
     */
    public static BufferFlux toBufferFlux(Publisher<? extends DataBuffer> source, BufferPool pool) {
        return toBufferFlux("DataBuffers.toBufferFlux", source, pool);
    }

    /**
     * The same, with a name.
     *
     * @param name what reports of lost leases call the source, and errors of the bytes
     */
    static BufferFlux toBufferFlux(String name, Publisher<? extends DataBuffer> source, BufferPool pool) {
        Flux<DataBuffer> frames = Flux.<DataBuffer>from(source).doOnDiscard(DataBuffer.class, DataBufferUtils::release);
        return BufferFlux.fromFrames(
                name,
                frames,
                DataBuffersAccess.INSTANCE,
                pool,
                task -> Schedulers.parallel().schedule(task));
    }

    /**
     * Turns a data buffer into the lease that it is on.
     *
     * @param buffer taken over if there is a result; otherwise, it stays the caller's
     * @param pool of which the lease has to be
     * @return a lease on what is readable, which the caller releases; empty if the memory is not the pool's or nothing
     *     is readable
     */
    public static Optional<PooledBuffer> lease(DataBuffer buffer, BufferPool pool) {
        Objects.requireNonNull(pool, "pool");
        return buffer.readableByteCount() == 0 ? Optional.empty() : Optional.ofNullable(takeLease(buffer, pool));
    }

    /** The same, for a buffer that has something readable. */
    static @Nullable PooledBuffer takeLease(DataBuffer buffer, BufferPool pool) {
        if (buffer instanceof PoolDataBuffer own) {
            PooledBuffer lease = own.lease();
            return lease == null || lease.pool() != pool ? null : own.take(lease);
        }
        return NETTY ? DataBuffersNetty.takeLease(buffer, pool) : null;
    }

    /**
     * Turns a lease into a data buffer, of which the content is readable. Nothing is copied: a
     * {@link NettyDataBufferFactory} wraps the memory as a {@code ByteBuf}, and for any other factory the buffer is one
     * of a {@link PooledDataBufferFactory}.
     *
     * @param buffer taken over, of any pool
     * @param factory of the response or request that the data buffer is for
     * @return a buffer that gives the lease back with its last release
     * @throws dev.sluice.BufferReleasedException if the lease is released
     */
    public static DataBuffer toDataBuffer(PooledBuffer buffer, DataBufferFactory factory) {
        if (factory instanceof PooledDataBufferFactory own) {
            return own.wrap(buffer);
        }
        return NETTY && factory instanceof NettyDataBufferFactory netty
                ? DataBuffersNetty.wrap(buffer, netty)
                : new PooledDataBufferFactory(buffer.pool()).wrap(buffer);
    }

    /**
     * Turns leases into data buffers, as {@link #toDataBuffer} says.
     *
     * @param source whose leases are taken over
     * @param factory of the response or request that the data buffers are for
     * @return the same bytes in the same buffers; as many are out as the subscriber requested
     */
    public static Flux<DataBuffer> toDataBuffers(Publisher<? extends PooledBuffer> source, DataBufferFactory factory) {
        Objects.requireNonNull(factory, "factory");
        return converted(BufferFlux.from(Flux.from(source)), factory);
    }

    /** A conversion that fails keeps nothing. */
    static Flux<DataBuffer> converted(BufferFlux source, DataBufferFactory factory) {
        return source.map(buffer -> {
                    try {
                        return toDataBuffer(buffer, factory);
                    } catch (Throwable e) {
                        buffer.release();
                        throw e;
                    }
                })
                .doOnDiscard(DataBuffer.class, DataBufferUtils::release);
    }

    /**
     * The same for a subscriber that requests much at once and releases each buffer when it is written, as servers and
     * clients do: reactor-netty requests 128 ahead. {@link BufferFlux#inFlight} says how.
     *
     * <p>Not for a subscriber that collects the buffers before it releases them: it would wait for ever.
     *
     * @param source whose leases are taken over
     * @param factory of the response or request that the data buffers are for
     * @param maxOut how many data buffers may be out and not yet released, at least 1
     * @return the same bytes in the same buffers
     * @throws IllegalArgumentException if the bound is below 1
     */
    public static Flux<DataBuffer> toDataBuffers(
            Publisher<? extends PooledBuffer> source, DataBufferFactory factory, int maxOut) {
        Objects.requireNonNull(factory, "factory");
        return converted(BufferFlux.from(Flux.from(source)).inFlight(maxOut), factory);
    }
}
