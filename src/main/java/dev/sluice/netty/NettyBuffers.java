package dev.sluice.netty;

import dev.sluice.BufferPool;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.util.Objects;
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
}
