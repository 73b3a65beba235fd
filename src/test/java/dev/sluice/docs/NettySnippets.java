package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.netty.BufferPoolAllocator;
import dev.sluice.netty.NettyBuffers;
import java.nio.file.Path;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.TcpServer;

/** The code of {@code docs/netty.md}. */
final class NettySnippets {

    private NettySnippets() {}

    static DisposableServer echo() {
        // tag::echo
        BufferPool pool = BufferPool.builder().maxBytes(64L << 20).build();

        DisposableServer server = NettyBuffers.equip(TcpServer.create().port(7), pool)
                .handle((in, out) -> NettyBuffers.send(out, NettyBuffers.receive(in, pool)))
                .bindNow();
        // end::echo
        return server;
    }

    static DisposableServer upload(BufferPool pool, Path folder) {
        // tag::upload
        DisposableServer server = NettyBuffers.equip(HttpServer.create(), pool)
                .route(routes -> routes.put(
                                "/upload",
                                (request, response) -> NettyBuffers.receive(request, pool)
                                        .writeTo(folder.resolve("upload"))
                                        .then(response.status(201).send()))
                        .get(
                                "/upload",
                                (request, response) -> NettyBuffers.sendFile(response, folder.resolve("upload"), pool)))
                .bindNow();
        // end::upload
        return server;
    }

    static Mono<Long> download(BufferPool pool, Path target) {
        // tag::download
        HttpClient client = NettyBuffers.equip(HttpClient.create(), pool);

        Mono<Long> bytes = client.get()
                .uri("http://localhost:8080/upload")
                .response((response, body) -> NettyBuffers.receive(body, pool).writeTo(target))
                .single();
        // end::download
        return bytes;
    }

    static DisposableServer webSocket(BufferPool pool) {
        // tag::webSocket
        DisposableServer server = NettyBuffers.equip(HttpServer.create(), pool)
                .route(routes -> routes.ws(
                        "/echo",
                        (in, out) -> NettyBuffers.sendMessages(out, NettyBuffers.receiveMessages(in, 1 << 20, pool))))
                .bindNow();
        // end::webSocket
        return server;
    }

    static void shareOverflow(BufferPool pool, HttpServer server, HttpClient client) {
        // tag::overflow
        BufferPool overflow =
                BufferPool.builder().name("overflow").maxBytes(32L << 20).build();
        BufferPoolAllocator allocator = NettyBuffers.allocator(pool, overflow);

        HttpServer equippedServer = NettyBuffers.equip(server, allocator);
        HttpClient equippedClient = NettyBuffers.equip(client, allocator); // the same overflow

        long beyondTheBudget = allocator.overflow().stats().bytesInUse();
        // end::overflow
    }

    static Flux<PooledBuffer> relay(BufferPool pool, Connection from, Connection to) {
        // tag::relay
        BufferFlux received = NettyBuffers.receive(from.inbound(), pool);
        Mono<Void> sent = NettyBuffers.send(to.outbound(), received).then();
        // end::relay
        return sent.thenMany(Flux.empty());
    }
}
