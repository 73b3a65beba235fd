package dev.sluice.netty;

import dev.sluice.BufferPool;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.util.logging.Logger;
import java.util.stream.Stream;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;
import reactor.netty.tcp.TcpSslContextSpec;

/** A transport and a protocol. Servers and clients are equipped with a pool each. */
record Wire(boolean isNative, Protocol protocol) {

    enum Protocol {
        HTTP_1,
        HTTP_1_TLS,
        H2C,
        H2;

        boolean isTls() {
            return this == HTTP_1_TLS || this == H2;
        }

        boolean isHttp2() {
            return this == H2C || this == H2;
        }
    }

    private static final LoopResources LOOPS = LoopResources.create("wire", 1, 3, true);

    static {
        Logger.getLogger("").getHandlers(); // made under a lock, which an event loop that logs first would wait for
    }

    static Stream<Wire> all() {
        return Stream.of(Protocol.values())
                .flatMap(protocol -> Stream.of(true, false).map(isNative -> new Wire(isNative, protocol)));
    }

    /** Each protocol once, and both transports. */
    static Stream<Wire> protocols() {
        return Stream.of(Protocol.values()).map(protocol -> new Wire(protocol.ordinal() % 3 == 0, protocol));
    }

    /** Without HTTP, the protocol says whether there is TLS. */
    static Stream<Wire> transports() {
        return all().filter(wire -> !wire.protocol.isHttp2());
    }

    static Stream<Wire> plainTransports() {
        return transports().filter(wire -> !wire.protocol.isTls());
    }

    HttpServer httpServer(BufferPool pool) {
        HttpServer server = NettyBuffers.equip(HttpServer.create(), pool)
                .host("localhost")
                .port(0)
                .runOn(LOOPS, isNative);
        return switch (protocol) {
            case HTTP_1 -> server.protocol(HttpProtocol.HTTP11);
            case HTTP_1_TLS ->
                server.protocol(HttpProtocol.HTTP11)
                        .secure(spec -> spec.sslContext(Http11SslContextSpec.forServer(Certificate.keys())));
            case H2C -> server.protocol(HttpProtocol.H2C);
            case H2 ->
                server.protocol(HttpProtocol.H2)
                        .secure(spec -> spec.sslContext(Http2SslContextSpec.forServer(Certificate.keys())));
        };
    }

    HttpClient httpClient(ConnectionProvider connections, BufferPool pool, int port) {
        HttpClient client = NettyBuffers.equip(HttpClient.create(connections), pool)
                .host("localhost")
                .port(port)
                .runOn(LOOPS, isNative);
        return switch (protocol) {
            case HTTP_1 -> client.protocol(HttpProtocol.HTTP11);
            case HTTP_1_TLS ->
                client.protocol(HttpProtocol.HTTP11)
                        .secure(spec -> spec.sslContext(Http11SslContextSpec.forClient()
                                .configure(ssl -> ssl.trustManager(InsecureTrustManagerFactory.INSTANCE))));
            case H2C -> client.protocol(HttpProtocol.H2C);
            case H2 ->
                client.protocol(HttpProtocol.H2)
                        .secure(spec -> spec.sslContext(Http2SslContextSpec.forClient()
                                .configure(ssl -> ssl.trustManager(InsecureTrustManagerFactory.INSTANCE))));
        };
    }

    TcpServer tcpServer(BufferPool pool) {
        TcpServer server = NettyBuffers.equip(TcpServer.create(), pool)
                .host("localhost")
                .port(0)
                .runOn(LOOPS, isNative);
        return protocol.isTls()
                ? server.secure(spec -> spec.sslContext(TcpSslContextSpec.forServer(Certificate.keys())))
                : server;
    }

    TcpClient tcpClient(BufferPool pool, int port) {
        TcpClient client = NettyBuffers.equip(TcpClient.newConnection(), pool)
                .host("localhost")
                .port(port)
                .runOn(LOOPS, isNative);
        return protocol.isTls()
                ? client.secure(spec -> spec.sslContext(TcpSslContextSpec.forClient()
                        .configure(ssl -> ssl.trustManager(InsecureTrustManagerFactory.INSTANCE))))
                : client;
    }
}
