package dev.sluice.netty;

import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.transport.ClientTransport;
import reactor.netty.transport.ServerTransport;

/** What {@link NettyBuffers#equip} does for HTTP beyond the options that every connection gets. */
final class EquipHttp {

    private EquipHttp() {}

    static <T extends ServerTransport<T, ?>> T server(T server, BufferPoolAllocator allocator) {
        return server instanceof HttpServer http ? asMade(http(http, allocator)) : server;
    }

    static <T extends ClientTransport<T, ?>> T client(T client, BufferPoolAllocator allocator) {
        return client instanceof HttpClient http ? asMade(http(http, allocator)) : client;
    }

    private static HttpServer http(HttpServer server, BufferPoolAllocator allocator) {
        return server.childObserve(new EquipObserver(allocator))
                .httpRequestDecoder(fresh ->
                        EquipHttpChunks.asRead(fresh, server.configuration().decoder(), allocator));
    }

    private static HttpClient http(HttpClient client, BufferPoolAllocator allocator) {
        return client.observe(new EquipObserver(allocator))
                .httpResponseDecoder(fresh ->
                        EquipHttpChunks.asRead(fresh, client.configuration().decoder(), allocator));
    }

    /** Every method of a transport makes another one of its own type, so T is what was made. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T> T asMade(Object made) {
        return (T) made;
    }
}
