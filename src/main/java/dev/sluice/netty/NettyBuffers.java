package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOption;
import java.util.Objects;
import java.util.Optional;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** What lets reactor-netty live on a {@link BufferPool}. Thread-safe. */
public final class NettyBuffers {

    private NettyBuffers() {}

    /**
     * Makes an allocator over a pool.
     *
     * @param pool where the memory comes from
     * @return the allocator
     */
    public static BufferPoolAllocator allocator(BufferPool pool) {
        return new PoolAllocator(pool, BufferPool.builder().name(pool.name() + ", overflow").direct(pool.isDirect()).maxBytes(16 << 20).build());
    }

    /**
     * Makes all connections of a server live on a pool.
     *
     * @param server the server
     * @param pool where the memory comes from
     * @return the server so equipped
     */
    public static HttpServer equip(HttpServer server, BufferPool pool) {
        Objects.requireNonNull(server, "server");
        return server.childOption(ChannelOption.ALLOCATOR, allocator(pool));
    }

    /**
     * Makes all connections of a server live on a pool.
     *
     * @param server the server
     * @param pool where the memory comes from
     * @return the server so equipped
     */
    public static TcpServer equip(TcpServer server, BufferPool pool) {
        Objects.requireNonNull(server, "server");
        return server.childOption(ChannelOption.ALLOCATOR, allocator(pool));
    }

    /**
     * Makes all connections of a client live on a pool.
     *
     * @param client the client
     * @param pool where the memory comes from
     * @return the client so equipped
     */
    public static HttpClient equip(HttpClient client, BufferPool pool) {
        Objects.requireNonNull(client, "client");
        return client.option(ChannelOption.ALLOCATOR, allocator(pool));
    }

    /**
     * Makes all connections of a client live on a pool.
     *
     * @param client the client
     * @param pool where the memory comes from
     * @return the client so equipped
     */
    public static TcpClient equip(TcpClient client, BufferPool pool) {
        Objects.requireNonNull(client, "client");
        return client.option(ChannelOption.ALLOCATOR, allocator(pool));
    }

    /**
     * Makes a lease on the readable bytes of a frame, if a lease of the pool holds them: nothing is copied. That is so for
     * what connections that are equipped with the pool receive, and for what {@link #wrap} made, slices and duplicates
     * included. It pins the whole buffer that the frame is a part of.
     *
     * @param frame stays as it is: its owner releases it as before
     * @param pool of which the lease has to be
     * @return a further lease, which the caller releases; empty if the bytes are not the pool's, or there are none
     */
    public static Optional<PooledBuffer> leaseOn(ByteBuf frame, BufferPool pool) {
        return Optional.ofNullable(Leases.leaseOn(frame, pool));
    }

    /**
     * Makes a buffer of a lease's content: nothing is copied. It is read-only if the lease is, and cannot grow.
     *
     * @param lease taken over: the buffer releases it when its reference count reaches zero
     * @return a buffer of which the content is readable
     * @throws dev.sluice.BufferReleasedException if the lease is released
     */
    public static ByteBuf wrap(PooledBuffer lease) {
        return Leases.of(lease);
    }
}
