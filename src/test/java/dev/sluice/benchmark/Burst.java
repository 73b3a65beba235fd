package dev.sluice.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A program: how much of a burst the process still has when nothing happens any more. Each pool has a JVM of its own, on
 * Linux, in which 512 MiB are out at once, in buffers of 4 KiB and then of 64 KiB, each of which is touched. Then all are
 * released, and ten seconds later the resident set is read. This program does not call the collector.
 */
final class Burst {

    private static final List<String> JVM_OPTIONS =
            List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g");
    private static final List<String> PEERS = List.of(
            "sluice", "sluiceFreeAtOnce", "nettyAdaptive", "nettyPooled", "jetty", "undertow", "allocateDirect");

    private static final int BURST_BYTES = 512 << 20;
    private static final List<Integer> BUFFER_BYTES = List.of(4 << 10, 64 << 10);
    private static final long SILENCE_SECONDS = 10;

    private Burst() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length == 2) {
            System.out.println(row(arguments[0], Integer.parseInt(arguments[1])));
            return;
        }
        for (int bufferBytes : BUFFER_BYTES) {
            table(bufferBytes);
        }
    }

    private static void table(int bufferBytes) throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "512 MiB in buffers of %,d bytes, then %d seconds of silence, Java %s:%n%n"
                        + "| pool | before, MiB | peak, MiB | after, MiB | left of the burst |%n|---|---|---|---|---|%n",
                bufferBytes,
                SILENCE_SECONDS,
                System.getProperty("java.version"));
        for (String peer : PEERS) {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(JVM_OPTIONS);
            command.addAll(List.of(
                    "-cp", System.getProperty("java.class.path"), Burst.class.getName(), peer, "" + bufferBytes));
            new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .start()
                    .waitFor();
        }
    }

    private static <B> String row(Peer<B> peer, String name, int bufferBytes) throws IOException {
        for (int i = 0; i < 10_000; i++) {
            peer.release(peer.acquire(bufferBytes));
        }
        long before = residentMib();
        int buffers = BURST_BYTES / bufferBytes;
        List<B> held = new ArrayList<>(buffers);
        for (int i = 0; i < buffers; i++) {
            held.add(peer.acquire(bufferBytes));
        }
        long peak = residentMib();
        held.forEach(peer::release);
        held.clear();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(SILENCE_SECONDS));
        long after = residentMib();
        return String.format(
                Locale.ROOT,
                "| `%s` | %,d | %,d | %,d | %.0f %% |",
                name,
                before,
                peak,
                after,
                100.0 * Math.max(0, after - before) / (peak - before));
    }

    private static String row(String name, int bufferBytes) throws IOException {
        return row(Peer.of(name, bufferBytes), name, bufferBytes);
    }

    private static long residentMib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow()
                >> 10;
    }
}
