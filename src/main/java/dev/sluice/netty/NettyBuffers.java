package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.util.Objects;
import java.util.Optional;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/**
 * What lets reactor-netty live on a {@link BufferPool}: {@code equip} makes all that its connections read, decrypt and
 * encode leases of the pool.
 *
 * <p>The allocator that they get is the connection's own: any {@code ByteBuf} that a handler takes from it is a lease,
 * and so is what reactor-netty and Spring take.
 */
public final class NettyBuffers {

    private NettyBuffers() {}

    /**
     * Makes an allocator over a pool, with an overflow of its own: an eighth of the pool's budget, but at least 16 MiB and
     * at most 256 MiB. 16 MiB are what a thousand connections need to decrypt one TLS record each while the pool has
     * nothing.
     *
     * @param pool where the memory comes from
     * @return the allocator
     */
    public static BufferPoolAllocator allocator(BufferPool pool) {
        return PoolAllocator.over(pool);
    }

    /**
     * Makes an allocator over a pool and another for the overflow, whose budget bounds it. Several allocators may have the
     * same overflow.
     *
     * @param pool where the memory comes from
     * @param overflow where it comes from while the first has nothing free; direct if the first is
     * @return the allocator
     * @throws IllegalArgumentException if both are the same, or one is direct and the other is not
     */
    public static BufferPoolAllocator allocator(BufferPool pool, BufferPool overflow) {
        return PoolAllocator.over(pool, overflow);
    }

    /**
     * Makes all connections of a server, HTTP/2 streams included, live on a pool: {@code equip(server, allocator(pool))}.
     *
     * @param server what makes the connections
     * @param pool where their memory comes from
     * @return the server with the allocator and the receive buffer allocator set
     */
    public static HttpServer equip(HttpServer server, BufferPool pool) {
        return equip(server, allocator(pool));
    }

    /**
     * Makes all connections of a server, HTTP/2 streams included, live on an allocator's pool. Those who share the allocator share its
     * overflow.
     *
     * @param server what makes the connections
     * @param allocator where their memory comes from
     * @return the server with the allocator and the receive buffer allocator set
     */
    public static HttpServer equip(HttpServer server, BufferPoolAllocator allocator) {
        return Objects.requireNonNull(server, "server")
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childOption(ChannelOption.RCVBUF_ALLOCATOR, PoolReceive.of(allocator))
                .childObserve(new StreamAllocator(allocator));
    }

    /**
     * Makes all connections of a server live on a pool: {@code equip(server, allocator(pool))}.
     *
     * @param server what makes the connections
     * @param pool where their memory comes from
     * @return the server with the allocator and the receive buffer allocator set
     */
    public static TcpServer equip(TcpServer server, BufferPool pool) {
        return equip(server, allocator(pool));
    }

    /**
     * Makes all connections of a server live on an allocator's pool. Those who share the allocator share its
     * overflow.
     *
     * @param server what makes the connections
     * @param allocator where their memory comes from
     * @return the server with the allocator and the receive buffer allocator set
     */
    public static TcpServer equip(TcpServer server, BufferPoolAllocator allocator) {
        return Objects.requireNonNull(server, "server")
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childOption(ChannelOption.RCVBUF_ALLOCATOR, PoolReceive.of(allocator));
    }

    /**
     * Makes all connections of a client, HTTP/2 streams included, live on a pool: {@code equip(client, allocator(pool))}.
     *
     * @param client what makes the connections
     * @param pool where their memory comes from
     * @return the client with the allocator and the receive buffer allocator set
     */
    public static HttpClient equip(HttpClient client, BufferPool pool) {
        return equip(client, allocator(pool));
    }

    /**
     * Makes all connections of a client, HTTP/2 streams included, live on an allocator's pool. Those who share the allocator share its
     * overflow.
     *
     * @param client what makes the connections
     * @param allocator where their memory comes from
     * @return the client with the allocator and the receive buffer allocator set
     */
    public static HttpClient equip(HttpClient client, BufferPoolAllocator allocator) {
        return Objects.requireNonNull(client, "client")
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.RCVBUF_ALLOCATOR, PoolReceive.of(allocator))
                .observe(new StreamAllocator(allocator));
    }

    /**
     * Makes all connections of a client live on a pool: {@code equip(client, allocator(pool))}.
     *
     * @param client what makes the connections
     * @param pool where their memory comes from
     * @return the client with the allocator and the receive buffer allocator set
     */
    public static TcpClient equip(TcpClient client, BufferPool pool) {
        return equip(client, allocator(pool));
    }

    /**
     * Makes all connections of a client live on an allocator's pool. Those who share the allocator share its
     * overflow.
     *
     * @param client what makes the connections
     * @param allocator where their memory comes from
     * @return the client with the allocator and the receive buffer allocator set
     */
    public static TcpClient equip(TcpClient client, BufferPoolAllocator allocator) {
        return Objects.requireNonNull(client, "client")
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.RCVBUF_ALLOCATOR, PoolReceive.of(allocator));
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
