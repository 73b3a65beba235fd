package dev.sluice.netty;

import dev.sluice.BufferPool;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * How much memory a server takes whose consumers are slower than those who send: one connection after the other opens and
 * sends as fast as it can, and from each the server takes 10,000 bytes per second. The server runs in a JVM of its own,
 * once on a pool of Sluice and once on each of Netty's allocators, and looks at its resident set ten times per second.
 *
 * <pre>{@code
 *   mvn -B -ntp verify org.codehaus.mojo:exec-maven-plugin:3.6.4:exec -DskipTests -Dexec.classpathScope=test \
 *     -Dexec.executable=java -Dexec.args="-cp target/sluice-0.1.0-SNAPSHOT.jar:%classpath dev.sluice.netty.SocketLoad"
 * }</pre>
 *
 * Arguments, all or none: connections, budget in MiB, seconds, file for the table. By default 1,000, 64, 20 and {@code
 * target/socket-load.md}.
 */
final class SocketLoad {

    private static final int BYTES_PER_SECOND = 10_000;

    /**
     * The heap is of one size and touched at the start, and there is no second compiler, which takes tens of MiB as it
     * works: so the resident set shows what the buffers take.
     */
    private static final List<String> JVM_OPTIONS = List.of(
            "-Xms64m",
            "-Xmx64m",
            "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:MaxDirectMemorySize=4g");

    private SocketLoad() {}

    /** Where the server's memory comes from. */
    enum Peer {
        SLUICE("Sluice"),
        ADAPTIVE("Netty adaptive"),
        POOLED("Netty pooled");

        private final String title;

        Peer(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean given = arguments.length > 0;
        int connections = given ? Integer.parseInt(arguments[0]) : 1_000;
        int budgetMib = given ? Integer.parseInt(arguments[1]) : 64;
        int seconds = given ? Integer.parseInt(arguments[2]) : 20;
        Path file = Path.of(given ? arguments[3] : "target/socket-load.md");
        List<String> table = new ArrayList<>();
        table.add(String.format(
                Locale.ROOT,
                "%,d connections, %,d bytes per second taken from each, budget %d MiB, %d seconds, Java %s:",
                connections,
                BYTES_PER_SECOND,
                budgetMib,
                seconds,
                System.getProperty("java.version")));
        table.add("");
        table.add("| memory | idle server, MiB | peak, MiB | peak less idle | peak of the budget, MiB | taken, MB/s |"
                + " buffers from each, least to most | bytes from each, least to most |");
        table.add("|---|---|---|---|---|---|---|---|");
        for (Peer peer : Peer.values()) {
            table.add(row(peer, connections, budgetMib, seconds));
        }
        table.forEach(System.out::println);
        Files.write(file, table);
    }

    private static String row(Peer peer, int connections, int budgetMib, int seconds)
            throws IOException, InterruptedException {
        try (ChildJvm server = new ChildJvm(Server.class, JVM_OPTIONS, peer, budgetMib)) {
            int port = Integer.parseInt(server.answer());
            try (Senders warmUp = new Senders(port, 1, 1 << 10)) {
                server.ask("served 1");
            }
            server.ask("idle");
            try (Senders senders = new Senders(port, connections, Long.MAX_VALUE)) {
                server.ask("accepted " + (1 + connections));
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
                return server.ask("row " + seconds);
            }
        }
    }

    /** The main class of the other JVM. */
    static final class Server {

        private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

        private final Peer peer;
        private final BufferPool pool;
        private final SlowServer server;
        private volatile long idleKib;
        private volatile long peakKib;

        private Server(Peer peer, int budgetMib) {
            this.peer = peer;
            this.pool = BufferPool.builder()
                    .name("socket-load")
                    .maxBytes((long) budgetMib << 20)
                    .build();
            SlowServer.Pace pace = SlowServer.Pace.of(BYTES_PER_SECOND);
            this.server = switch (peer) {
                case SLUICE -> SlowServer.onPool(pool, true, pace);
                case ADAPTIVE -> SlowServer.onNetty(new AdaptiveByteBufAllocator(true), true, pace);
                case POOLED -> SlowServer.onNetty(PooledByteBufAllocator.DEFAULT, true, pace);
            };
        }

        public static void main(String[] arguments) throws IOException {
            Server server = new Server(Peer.valueOf(arguments[0]), Integer.parseInt(arguments[1]));
            Thread looking = new Thread(server::look, "resident set");
            looking.setDaemon(true);
            looking.start();
            System.out.println(server.server.port());
            ChildJvm.serve(server::answer);
        }

        private void look() {
            while (true) {
                peakKib = Math.max(peakKib, Resident.kib());
                LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
            }
        }

        private String answer(String[] words) {
            switch (words[0]) {
                case "served" -> await(() -> server.ended() == Integer.parseInt(words[1]));
                case "accepted" -> await(() -> server.accepted() == Integer.parseInt(words[1]));
                case "idle" -> {
                    idleKib = Resident.kib();
                    peakKib = idleKib;
                }
                default -> {
                    return row(Integer.parseInt(words[1]));
                }
            }
            return "done";
        }

        private static void await(BooleanSupplier condition) {
            while (!condition.getAsBoolean()) {
                LockSupport.parkNanos(BETWEEN_LOOKS_NANOS / 10);
            }
        }

        private String row(int seconds) {
            List<SlowServer.Taken> loaded =
                    server.connections().stream().filter(one -> one.order() > 0).toList();
            IntSummaryStatistics frames =
                    loaded.stream().mapToInt(one -> one.frames().get()).summaryStatistics();
            IntSummaryStatistics bytes =
                    loaded.stream().mapToInt(one -> (int) one.bytes().get()).summaryStatistics();
            return String.format(
                    Locale.ROOT,
                    "| %s | %d | %d | %d | %s | %.1f | %,d to %,d | %,d to %,d |",
                    peer.title(),
                    idleKib >> 10,
                    peakKib >> 10,
                    (peakKib - idleKib) >> 10,
                    peer == Peer.SLUICE ? pool.stats().peakBytes() >> 20 : "-",
                    bytes.getSum() / 1e6 / seconds,
                    frames.getMin(),
                    frames.getMax(),
                    bytes.getMin(),
                    bytes.getMax());
        }
    }
}
