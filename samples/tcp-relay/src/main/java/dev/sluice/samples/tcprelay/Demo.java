package dev.sluice.samples.tcprelay;

import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.tcprelay.DemoClient.Kind;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Clients of all kinds that use the relay at once, for some seconds. */
final class Demo implements AutoCloseable {

    private static final Kind[] KINDS = Kind.values();

    private final Map<Kind, DemoTally> tallies = new EnumMap<>(Kind.class);
    private final List<CompletableFuture<Void>> running = new ArrayList<>();
    private final int clients;
    private final double seconds;
    private final long startNanos = System.nanoTime();
    private volatile boolean closed;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "demo-client");
        thread.setDaemon(true);
        return thread;
    });

    /** As many of one kind as of another, as far as that is possible. */
    Demo(InetSocketAddress relay, int clients, double seconds) {
        this.clients = clients;
        this.seconds = seconds;
        for (Kind kind : KINDS) {
            tallies.put(kind, new DemoTally());
        }
        for (int i = 0; i < clients; i++) {
            Kind kind = KINDS[i % KINDS.length];
            DemoClient client = new DemoClient(relay, tallies.get(kind), this::isOver, threads);
            running.add(CompletableFuture.runAsync(() -> client.run(kind), threads));
        }
    }

    private boolean isOver() {
        return closed || System.nanoTime() - startNanos >= seconds * 1e9;
    }

    /** Whether all clients have gone. */
    boolean isDone() {
        return running.stream().allMatch(CompletableFuture::isDone);
    }

    List<String> failures() {
        return tallies.values().stream()
                .flatMap(tally -> tally.failures().stream())
                .toList();
    }

    /** Says what became of each kind. */
    List<String> report() {
        List<String> lines = new ArrayList<>();
        lines.add("Clients that");
        for (Kind kind : KINDS) {
            int number = (clients + KINDS.length - 1 - kind.ordinal()) / KINDS.length;
            lines.add(number == 0 ? "" : line(kind, number, tallies.get(kind)));
        }
        lines.removeIf(String::isEmpty);
        return lines;
    }

    private String line(Kind kind, int number, DemoTally tally) {
        String line = "  %-40s %3d  %10s/s each"
                .formatted(kind.does(), number, ByteSize.format((long) (tally.bytes() / seconds / number)));
        return tally.trips() == 0 ? line : line + String.format(Locale.ROOT, ", median %.1f ms", tally.medianMillis());
    }

    /** The clients stop sending, and go when they have got back what they sent. */
    @Override
    public void close() {
        closed = true;
    }
}
