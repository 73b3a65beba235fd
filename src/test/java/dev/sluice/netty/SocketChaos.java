package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpServer;
import reactor.netty.tcp.TcpSslContextSpec;

/**
 * Connections that end where nobody expects it: by either side, by reset, close, half-close, error, cancellation and
 * timeout, in TCP and HTTP, with and without TLS, at points that a seed decides. Then everything has to be back.
 *
 * <p>A main class for a JVM in which Netty counts every one of its buffers by {@link Leaks}. Prints what was done, and
 * {@code at rest} if nothing is missing.
 */
final class SocketChaos implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** As many connections at a time as the machine can stand, and the pool can not always. */
    private static final int AT_ONCE = 16;

    private static final int MAX_BYTES = 2 << 20;
    private static final int MOST_CONTENT_BYTES = 300_000;

    /** Counts Netty's buffers in a scope that can be looked at while they come back. */
    public static final class Leaks<T> extends LeakPresenceDetector<T> {

        private static final ResourceScope SCOPE = new ResourceScope("chaos");

        public Leaks(Class<?> type, int samplingInterval) {
            super(type);
        }

        public Leaks(Class<?> type, int samplingInterval, long maxActive) {
            super(type);
        }

        @Override
        protected ResourceScope currentScope() {
            return SCOPE;
        }
    }

    final BufferPool pool = pool("chaos");
    final BufferPool clientPool = pool("chaos-client");
    final Path dir;
    final byte[] content = new byte[MOST_CONTENT_BYTES];
    final ConnectionProvider connections = ConnectionProvider.create("chaos", 2 * AT_ONCE);
    private final List<BufferPool> pools = new ArrayList<>(List.of(pool, clientPool));
    private final BufferPoolAllocator serverMemory = allocator(pool);
    private final BufferPoolAllocator clientMemory = allocator(clientPool);
    private final LoopResources loops = LoopResources.create("chaos", 1, 3, true);
    private final AtomicLong served = new AtomicLong();
    private final long seed;
    private final DisposableServer tcp;
    private final DisposableServer tls;
    private final DisposableServer http;
    private final DisposableServer https;

    private SocketChaos(long seed, Path dir) throws IOException {
        this.seed = seed;
        this.dir = dir;
        new Random(seed).nextBytes(content);
        Files.write(dir.resolve("content"), content);
        TcpServer echo = NettyBuffers.equip(TcpServer.create(), serverMemory)
                .host("localhost")
                .port(0)
                .runOn(loops)
                .handle(this::echo);
        tcp = echo.bindNow(PATIENCE);
        tls = echo.secure(spec -> spec.sslContext(TcpSslContextSpec.forServer(Certificate.keys())))
                .bindNow(PATIENCE);
        HttpServer web = NettyBuffers.equip(HttpServer.create(), serverMemory)
                .host("localhost")
                .port(0)
                .runOn(loops)
                .route(this::routes);
        http = web.bindNow(PATIENCE);
        https = web.secure(spec -> spec.sslContext(Http11SslContextSpec.forServer(Certificate.keys())))
                .bindNow(PATIENCE);
    }

    private static BufferPool pool(String name) {
        return BufferPool.builder().name(name).maxBytes(MAX_BYTES).build();
    }

    private BufferPoolAllocator allocator(BufferPool from) {
        BufferPoolAllocator allocator = NettyBuffers.allocator(from);
        pools.add(allocator.overflow());
        return allocator;
    }

    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[0]);
        int cases = Integer.parseInt(arguments[1]);
        Hooks.onErrorDropped(error -> {}); // who has gone is told nothing more
        Path dir = Files.createTempDirectory("chaos");
        try (SocketChaos chaos = new SocketChaos(seed, dir)) {
            System.out.println(chaos.run(cases));
            chaos.end();
        } catch (Throwable e) {
            e.printStackTrace();
            System.exit(1);
        }
        System.out.println("at rest");
        System.exit(0);
    }

    private Map<SocketChaosCase.Kind, Integer> run(int cases) throws Exception {
        Map<SocketChaosCase.Kind, Integer> done = new EnumMap<>(SocketChaosCase.Kind.class);
        ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
        List<Future<SocketChaosCase.Kind>> all = new ArrayList<>();
        for (int i = 0; i < cases; i++) {
            long own = seed + i;
            all.add(workers.submit(() -> new SocketChaosCase(this, new Random(own)).run()));
        }
        for (int i = 0; i < cases; i++) {
            try {
                done.merge(all.get(i).get(4 * PATIENCE.toSeconds(), TimeUnit.SECONDS), 1, Integer::sum);
            } catch (Exception e) {
                workers.shutdownNow();
                throw new AssertionError("case %d of seed %d: %s".formatted(i, seed, e), e);
            }
        }
        workers.shutdown();
        return done;
    }

    String state() {
        return pools.stream()
                .map(each -> each.name() + " " + each.stats())
                .toList()
                .toString();
    }

    int port(boolean isHttp, boolean isTls) {
        return (isHttp ? isTls ? https : http : isTls ? tls : tcp).port();
    }

    HttpClient client(boolean isTls) {
        HttpClient client = NettyBuffers.equip(HttpClient.create(connections), clientMemory)
                .runOn(loops)
                .host("localhost")
                .port(port(true, isTls));
        return isTls
                ? client.secure(spec -> spec.sslContext(Http11SslContextSpec.forClient()
                        .configure(ssl -> ssl.trustManager(InsecureTrustManagerFactory.INSTANCE))))
                : client;
    }

    private Publisher<Void> echo(NettyInbound inbound, NettyOutbound outbound) {
        return NettyBuffers.send(outbound, ended(NettyBuffers.receive(inbound, pool), (Connection) inbound));
    }

    private void routes(HttpServerRoutes routes) {
        routes.put(
                        "/digest",
                        (request, response) ->
                                answered(response, received(request).digest("SHA-256")))
                .put(
                        "/file",
                        (request, response) -> answered(
                                response,
                                received(request)
                                        .writeTo(dir.resolve(UUID.randomUUID().toString()))))
                .get(
                        "/buffers/{bytes}",
                        (request, response) ->
                                NettyBuffers.send(response, ended(buffers(request), connection(response))))
                .get(
                        "/file/{bytes}",
                        (request, response) ->
                                NettyBuffers.sendFile(response, dir.resolve("content"), 0, bytes(request), pool))
                .get(
                        "/stall/{bytes}",
                        (request, response) ->
                                NettyBuffers.send(response, buffers(request).concatWith(Flux.never())));
    }

    private BufferFlux received(HttpServerRequest request) {
        Connection[] connection = new Connection[1];
        request.withConnection(its -> connection[0] = its);
        return ended(NettyBuffers.receive(request, pool), connection[0]);
    }

    private static Connection connection(HttpServerResponse response) {
        Connection[] connection = new Connection[1];
        response.withConnection(its -> connection[0] = its);
        return connection[0];
    }

    private static Publisher<Void> answered(HttpServerResponse response, Mono<?> work) {
        return work.then(response.status(200).send())
                .onErrorResume(error -> response.status(500).send());
    }

    private static int bytes(HttpServerRequest request) {
        return Integer.parseInt(request.param("bytes"));
    }

    private BufferFlux buffers(HttpServerRequest request) {
        return BufferFlux.read(
                ByteSources.bytes(Arrays.copyOf(content, bytes(request))).chunkSize(8 << 10), pool);
    }

    /** Half of what is served ends before its time, each in one of several ways. */
    private BufferFlux ended(BufferFlux buffers, Connection connection) {
        Random random = new Random(seed + 31 * served.incrementAndGet());
        int most = random.nextInt(MOST_CONTENT_BYTES);
        return switch (random.nextInt(10)) {
            case 0 -> buffers.takeBytes(most);
            case 1 ->
                BufferFlux.from(buffers.takeBytes(most)
                        .concatWith(Mono.error(new IllegalStateException("the server gives up"))));
            case 2 -> closing(buffers, most, connection.channel(), false);
            case 3 -> closing(buffers, most, connection.channel(), true);
            case 4 -> BufferFlux.from(buffers.limitRate(1).delayElements(Duration.ofMillis(1)));
            default -> buffers;
        };
    }

    private static BufferFlux closing(BufferFlux buffers, int after, Channel channel, boolean reset) {
        AtomicLong seen = new AtomicLong();
        return BufferFlux.from(buffers.doOnNext(buffer -> {
            if (seen.addAndGet(buffer.length()) > after && channel.isOpen()) {
                if (reset) {
                    channel.config().setOption(ChannelOption.SO_LINGER, 0);
                }
                channel.close();
            }
        }));
    }

    /** Everything is closed, and everything is back. */
    private void end() throws IOException {
        connections.disposeLater().block(PATIENCE);
        for (DisposableServer server : List.of(tcp, tls, http, https)) {
            server.disposeNow(PATIENCE);
        }
        for (BufferPool each : pools) {
            await(() -> isAtRest(each.stats()), () -> "in flight: " + state());
        }
        await(() -> !Leaks.SCOPE.hasOpenResources(), () -> "Netty counts buffers that were not released");
        Leaks.SCOPE.close();
        System.gc(); // and with it come reports of leases that nobody released
        for (BufferPool each : pools) {
            if (each.stats().lost() > 0) {
                throw new AssertionError("lost leases: " + each.stats());
            }
        }
        try (DirectoryStream<Path> left = Files.newDirectoryStream(dir, ".sluice-*")) {
            if (left.iterator().hasNext()) {
                throw new AssertionError(
                        "a temporary file is left: " + left.iterator().next());
            }
        }
    }

    private static boolean isAtRest(PoolStats now) {
        return now.buffersInUse() == 0 && now.pending() == 0 && now.demand() == 0;
    }

    private static void await(BooleanSupplier condition, Supplier<String> otherwise) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(otherwise.get());
            }
            Thread.yield();
        }
    }

    @Override
    public void close() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(dir);
        loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
    }
}
