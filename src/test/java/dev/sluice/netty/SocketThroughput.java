package dev.sluice.netty;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.tcp.TcpServer;

/**
 * How fast a server takes and sends bytes, and what that costs it: on a pool of Sluice, and on each of Netty's allocators
 * with the same server otherwise. Servers and client run in JVMs of their own and talk over the loopback interface; the
 * client is plain blocking sockets. The rounds of all three take turns, so that what else the machine does falls on all.
 *
 * <pre>{@code
 *   mvn -B -ntp verify org.codehaus.mojo:exec-maven-plugin:3.6.4:exec -DskipTests -Dexec.classpathScope=test \
 *     -Dexec.executable=java -Dexec.args="-cp target/sluice-0.1.0-SNAPSHOT.jar:%classpath dev.sluice.netty.SocketThroughput"
 * }</pre>
 *
 * Arguments, all or none: rounds, milliseconds of one measurement, connections, file for the table. By default 7, 1,500,
 * 4 and {@code target/socket-throughput.md}, which takes less than four minutes.
 */
final class SocketThroughput {

    private static final List<String> JVM_OPTIONS =
            List.of("-Xms256m", "-Xmx256m", "-XX:+UseParallelGC", "-XX:MaxDirectMemorySize=1g");
    private static final int BODY_BYTES = 16 << 20;
    private static final int CHUNK_BYTES = 64 << 10;

    private SocketThroughput() {}

    /** What is done. */
    enum Work {
        INGEST("TCP, bytes in"),
        UPLOAD("HTTP, bodies of 16 MiB in"),
        SMALL("HTTP, bodies of 4 KiB in"),
        DOWNLOAD("HTTP, bodies of 16 MiB out");

        private final String title;

        Work(String title) {
            this.title = title;
        }
    }

    /**
     * What one measurement says.
     *
     * @param bytes how many went through
     * @param seconds how long it took
     * @param cpuSeconds what the server's process used in that time, on all processors
     * @param heapBytes what the server allocated on the heap
     * @param requests how many there were; connections, for TCP
     */
    record Measured(long bytes, double seconds, double cpuSeconds, long heapBytes, long requests) {

        double mebibytesPerSecond() {
            return bytes / seconds / (1 << 20);
        }

        double cpuSecondsPerGigabyte() {
            return cpuSeconds / (bytes / 1e9);
        }

        double heapBytesPerRequest() {
            return (double) heapBytes / requests;
        }

        double heapMegabytesPerGigabyte() {
            return heapBytes / 1e6 / (bytes / 1e9);
        }
    }

    public static void main(String[] arguments) throws Exception {
        boolean given = arguments.length > 0;
        int rounds = given ? Integer.parseInt(arguments[0]) : 7;
        int millis = given ? Integer.parseInt(arguments[1]) : 1_500;
        int connections = given ? Integer.parseInt(arguments[2]) : 4;
        Path file = Path.of(given ? arguments[3] : "target/socket-throughput.md");
        Map<SocketLoad.Peer, ChildJvm> servers = new EnumMap<>(SocketLoad.Peer.class);
        Map<String, List<Measured>> results = new LinkedHashMap<>();
        try (ChildJvm client = new ChildJvm(Client.class, JVM_OPTIONS)) {
            for (SocketLoad.Peer peer : SocketLoad.Peer.values()) {
                servers.put(peer, new ChildJvm(Server.class, JVM_OPTIONS, peer));
            }
            Map<SocketLoad.Peer, String> ports = new EnumMap<>(SocketLoad.Peer.class);
            servers.forEach((peer, server) -> ports.put(peer, server.answer()));
            for (int round = -1; round < rounds; round++) { // the first is to warm up
                for (Work work : Work.values()) {
                    for (SocketLoad.Peer peer : turns(round)) {
                        Measured measured =
                                measure(servers.get(peer), client, ports.get(peer), work, connections, millis);
                        if (round >= 0) {
                            results.computeIfAbsent(work + " " + peer, key -> new ArrayList<>())
                                    .add(measured);
                        }
                    }
                }
            }
        } finally {
            for (ChildJvm server : servers.values()) {
                server.close();
            }
        }
        List<String> table = table(results, rounds, millis, connections);
        table.forEach(System.out::println);
        Files.write(file, table);
    }

    /** Another goes first in each round. */
    private static List<SocketLoad.Peer> turns(int round) {
        List<SocketLoad.Peer> turns = new ArrayList<>(List.of(SocketLoad.Peer.values()));
        Collections.rotate(turns, round + 1);
        return turns;
    }

    private static Measured measure(
            ChildJvm server, ChildJvm client, String ports, Work work, int connections, int millis) {
        long[] before = numbers(server.ask("usage"));
        long[] done = numbers(client.ask("%s %s %d %d".formatted(ports, work, connections, millis)));
        long[] after = numbers(server.ask("usage"));
        return new Measured(
                done[0], done[2] / 1e9, (after[0] - before[0]) / 1e9, after[1] - before[1], Math.max(1, done[1]));
    }

    private static long[] numbers(String line) {
        return Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
    }

    private static List<String> table(Map<String, List<Measured>> results, int rounds, int millis, int connections) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "Medians of %d rounds of %,d ms, %d connections, Java %s, %d processors:",
                rounds,
                millis,
                connections,
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors()));
        lines.add("");
        lines.add(
                "| work | memory | MiB/s | least to most | CPU seconds per GB | heap MB per GB | heap bytes per request |");
        lines.add("|---|---|---|---|---|---|---|");
        for (Work work : Work.values()) {
            for (SocketLoad.Peer peer : SocketLoad.Peer.values()) {
                lines.add(row(work, peer, results.get(work + " " + peer)));
            }
        }
        return lines;
    }

    private static String row(Work work, SocketLoad.Peer peer, List<Measured> all) {
        double[] speeds = sorted(all, Measured::mebibytesPerSecond);
        return String.format(
                Locale.ROOT,
                "| %s | %s | %,.0f | %,.0f to %,.0f | %.2f | %.2f | %s |",
                work.title,
                peer.title(),
                median(speeds),
                speeds[0],
                speeds[speeds.length - 1],
                median(sorted(all, Measured::cpuSecondsPerGigabyte)),
                median(sorted(all, Measured::heapMegabytesPerGigabyte)),
                work == Work.INGEST
                        ? "-"
                        : String.format(Locale.ROOT, "%,.0f", median(sorted(all, Measured::heapBytesPerRequest))));
    }

    private static double[] sorted(List<Measured> all, ToDoubleFunction<Measured> value) {
        return all.stream().mapToDouble(value).sorted().toArray();
    }

    private static double median(double[] sorted) {
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    /** The main class of a server's JVM. */
    static final class Server {

        private final boolean pooled;
        private final BufferPool pool =
                BufferPool.builder().name("throughput").maxBytes(64 << 20).build();
        private final byte[] body = new byte[BODY_BYTES];
        private final ByteBufAllocator allocator;

        private Server(SocketLoad.Peer peer) {
            pooled = peer == SocketLoad.Peer.SLUICE;
            allocator = peer == SocketLoad.Peer.ADAPTIVE
                    ? new AdaptiveByteBufAllocator(true)
                    : PooledByteBufAllocator.DEFAULT;
        }

        public static void main(String[] arguments) throws IOException {
            Server server = new Server(SocketLoad.Peer.valueOf(arguments[0]));
            System.out.println(server.tcp().port() + " " + server.http().port());
            ChildJvm.serve(words -> usage());
        }

        private DisposableServer tcp() {
            TcpServer bare = TcpServer.create().host("localhost").port(0);
            TcpServer equipped =
                    pooled ? NettyBuffers.equip(bare, pool) : bare.childOption(ChannelOption.ALLOCATOR, allocator);
            return equipped.handle((inbound, outbound) -> pooled
                            ? NettyBuffers.receive(inbound, pool)
                                    .consume(PooledBuffer::length)
                                    .then()
                            : inbound.receive().then())
                    .bindNow();
        }

        private DisposableServer http() {
            HttpServer bare = HttpServer.create().host("localhost").port(0);
            HttpServer equipped =
                    pooled ? NettyBuffers.equip(bare, pool) : bare.childOption(ChannelOption.ALLOCATOR, allocator);
            return equipped.route(routes -> routes.put("/", this::take).get("/", this::send))
                    .bindNow();
        }

        private Publisher<Void> take(HttpServerRequest request, HttpServerResponse response) {
            Mono<Void> taken = pooled
                    ? NettyBuffers.receive(request, pool)
                            .consume(PooledBuffer::length)
                            .then()
                    : request.receive().then();
            return taken.then(response.header("Content-Length", "0").send());
        }

        private Publisher<Void> send(HttpServerRequest request, HttpServerResponse response) {
            HttpServerResponse sized = response.header("Content-Length", Integer.toString(body.length));
            return pooled
                    ? NettyBuffers.send(
                            sized, BufferFlux.read(ByteSources.bytes(body).chunkSize(CHUNK_BYTES), pool))
                    : sized.send(Flux.range(0, body.length / CHUNK_BYTES).map(this::chunk));
        }

        private ByteBuf chunk(int number) {
            return allocator.directBuffer(CHUNK_BYTES).writeBytes(body, number * CHUNK_BYTES, CHUNK_BYTES);
        }

        /** CPU nanoseconds of this process, and bytes that its threads have allocated on the heap, so far. */
        private static String usage() {
            long cpuNanos = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long allocated = Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                    .filter(bytes -> bytes > 0)
                    .sum();
            return cpuNanos + " " + allocated;
        }
    }

    /** The main class of the client's JVM: a thread for each connection. */
    static final class Client {

        private static final int SMALL_BYTES = 4 << 10;

        private final ExecutorService threads = Executors.newCachedThreadPool();

        private Client() {}

        public static void main(String[] arguments) throws IOException {
            Client client = new Client();
            ChildJvm.serve(client::answer);
        }

        /** The ports for TCP and HTTP, the work, connections and milliseconds; bytes, requests and nanoseconds. */
        private String answer(String[] words) {
            Work work = Work.valueOf(words[2]);
            int port = Integer.parseInt(words[work == Work.INGEST ? 0 : 1]);
            int connections = Integer.parseInt(words[3]);
            long start = System.nanoTime();
            long end = start + Duration.ofMillis(Long.parseLong(words[4])).toNanos();
            List<Future<long[]>> all = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                all.add(threads.submit(() -> work(work, port, end)));
            }
            long bytes = 0;
            long requests = 0;
            try {
                for (Future<long[]> one : all) {
                    bytes += one.get()[0];
                    requests += one.get()[1];
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return bytes + " " + requests + " " + (System.nanoTime() - start);
        }

        /** One connection, request after request: how many bytes of content, and how many requests. */
        private static long[] work(Work work, int port, long end) throws IOException {
            byte[] chunk = new byte[CHUNK_BYTES];
            long bytes = 0;
            long requests = 0;
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                do {
                    switch (work) {
                        case INGEST -> socket.getOutputStream().write(chunk);
                        case UPLOAD -> put(socket, chunk, BODY_BYTES);
                        case SMALL -> put(socket, chunk, SMALL_BYTES);
                        case DOWNLOAD -> get(socket, chunk);
                    }
                    requests++;
                    bytes += switch (work) {
                        case INGEST -> CHUNK_BYTES;
                        case UPLOAD, DOWNLOAD -> BODY_BYTES;
                        case SMALL -> SMALL_BYTES;
                    };
                } while (System.nanoTime() < end);
                socket.shutdownOutput();
                while (socket.getInputStream().read(chunk) >= 0) {}
            }
            return new long[] {bytes, requests};
        }

        private static void put(Socket socket, byte[] chunk, int length) throws IOException {
            OutputStream out = socket.getOutputStream();
            head(out, "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\n\r\n");
            for (int sent = 0; sent < length; sent += Math.min(chunk.length, length)) {
                out.write(chunk, 0, Math.min(chunk.length, length));
            }
            readHead(socket.getInputStream());
        }

        private static void get(Socket socket, byte[] chunk) throws IOException {
            head(socket.getOutputStream(), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            InputStream in = socket.getInputStream();
            readHead(in);
            for (int left = BODY_BYTES; left > 0; ) {
                int length = in.read(chunk, 0, Math.min(chunk.length, left));
                if (length < 0) {
                    throw new IOException("%,d of %,d bytes are missing".formatted(left, BODY_BYTES));
                }
                left -= length;
            }
        }

        private static void head(OutputStream out, String head) throws IOException {
            out.write(head.getBytes(StandardCharsets.US_ASCII));
        }

        /** To the empty line. */
        private static void readHead(InputStream in) throws IOException {
            int line = 0;
            StringBuilder first = new StringBuilder();
            for (int lines = 0; lines == 0 || line > 0; lines++) {
                line = 0;
                for (int c = in.read(); c != '\n'; c = in.read()) {
                    if (c < 0) {
                        throw new IOException("no response");
                    }
                    if (c != '\r') {
                        line++;
                        if (lines == 0) {
                            first.append((char) c);
                        }
                    }
                }
            }
            if (!first.toString().startsWith("HTTP/1.1 200 ")) {
                throw new IOException("answered: " + first);
            }
        }
    }
}
