package dev.sluice.docs;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.netty.BufferPoolAllocator;
import dev.sluice.netty.NettyBuffers;
import java.nio.file.Path;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.TcpServer;

/** The code of {@code docs/netty.md}. */
final class NettySnippets {

    private NettySnippets() {}

    static HttpServer server(BufferPool pool, Path uploads) {
        // tag::server
        HttpServer server = NettyBuffers.equip(HttpServer.create(), pool)
                .route(routes -> routes.post(
                        "/upload",
                        (request, response) -> NettyBuffers.receive(request, pool)
                                .writeTo(uploads.resolve("upload"))
                                .then(response.status(204).send())));
        // end::server
        return server;
    }

    static TcpServer echo(BufferPool pool) {
        // tag::echo
        TcpServer server = NettyBuffers.equip(TcpServer.create(), pool)
                .handle((inbound, outbound) -> NettyBuffers.send(outbound, NettyBuffers.receive(inbound, pool)));
        // end::echo
        return server;
    }

    static Mono<Long> download(String uri, Path file, BufferPool pool) {
        // tag::download
        HttpClient client = NettyBuffers.equip(HttpClient.create(), pool);
        Mono<Long> bytes = NettyBuffers.receive(client.get().uri(uri).responseContent(), pool)
                .writeTo(file);
        // end::download
        return bytes;
    }

    static Mono<Integer> upload(HttpClient client, String uri, Path file, BufferPool pool) {
        // tag::upload
        Mono<Integer> status = client.post()
                .uri(uri)
                .send((request, outbound) ->
                        NettyBuffers.send(outbound, BufferFlux.read(file, pool).gzip()))
                .responseSingle((response, body) -> Mono.just(response.status().code()));
        // end::upload
        return status;
    }

    static HttpServer file(BufferPool pool, Path file) {
        // tag::file
        HttpServer server = NettyBuffers.equip(HttpServer.create(), pool)
                .route(routes ->
                        routes.get("/file", (request, response) -> NettyBuffers.sendFile(response, file, pool)));
        // end::file
        return server;
    }

    static HttpServer webSocket(BufferPool pool) {
        // tag::webSocket
        HttpServer server = NettyBuffers.equip(HttpServer.create(), pool)
                .route(routes -> routes.ws(
                        "/echo",
                        (inbound, outbound) -> NettyBuffers.sendMessages(
                                outbound,
                                NettyBuffers.receiveMessages(inbound, 1 << 20, pool)))); // a message may have 1 MiB
        // end::webSocket
        return server;
    }

    static HttpServer http2(BufferPool pool) {
        // tag::http2
        HttpServer server = NettyBuffers.equip(HttpServer.create(), pool)
                .protocol(HttpProtocol.H2)
                .http2Settings(settings -> settings.initialWindowSize(16 << 10)); // for each stream, of 64 KiB for all
        // end::http2
        return server;
    }

    static HttpServer overflow(BufferPool pool) {
        // tag::overflow
        BufferPool overflow =
                BufferPool.builder().name("overflow").maxBytes(32L << 20).build();
        BufferPoolAllocator allocator = NettyBuffers.allocator(pool, overflow);
        HttpServer server = NettyBuffers.equip(HttpServer.create(), allocator);
        // end::overflow
        return server;
    }
}
