package dev.sluice.netty;

import dev.sluice.BufferPool;
import io.netty.channel.ChannelOption;
import java.util.Objects;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/**
 * What lets reactor-netty live on a {@link BufferPool}: {@code equip} makes all that its connections read, decrypt and
 * encode leases of the pool.
 *
 * <p>It sets two options of the connections, and a later {@code option} or {@code childOption} overrides it: {@code
 * ALLOCATOR}, so that each direct {@code ByteBuf} that reactor-netty, Spring or a handler takes is a lease, and {@code
 * RECVBUF_ALLOCATOR}, which decides how much a connection reads at once:
 *
 * <ul>
 *   <li>at most 64 KiB, and at most 1/32 of the pool's budget, but at least 1 KiB; a connection that sends little gets
 *       little;
 *   <li>less once four times that is read and unreleased, so that a connection nobody listens to does not fill the pool;
 *   <li>2 KiB at most while the pool has nothing and the {@linkplain BufferPoolAllocator overflow} is used.
 * </ul>
 *
 * <p>Thread-safe.
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
                .childOption(PoolReceive.OPTION, PoolReceive.of(allocator))
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
                .childOption(PoolReceive.OPTION, PoolReceive.of(allocator));
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
                .option(PoolReceive.OPTION, PoolReceive.of(allocator))
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
                .option(PoolReceive.OPTION, PoolReceive.of(allocator));
    }
}
