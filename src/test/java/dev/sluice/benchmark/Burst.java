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
 * Linux, in which 512 MiB are out at once, in buffers of 4 KiB, each of which is touched. Then all are released, and ten
 * seconds later the resident set is read. The collector is not called.
 */
final class Burst {

    private static final List<String> JVM_OPTIONS =
            List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g");
    private static final List<String> PEERS = List.of(
            "sluice", "sluiceFreeAtOnce", "nettyAdaptive", "nettyPooled", "jetty", "undertow", "allocateDirect");

    private static final int BUFFER_BYTES = 4 << 10;
    private static final int BUFFERS = (512 << 20) / BUFFER_BYTES;
    private static final long SILENCE_SECONDS = 10;

    private Burst() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length == 1) {
            System.out.println(row(arguments[0]));
            return;
        }
        System.out.printf(
                Locale.ROOT,
                "512 MiB in buffers of %,d bytes, then %d seconds of silence, Java %s:%n%n"
                        + "| pool | before, MiB | peak, MiB | after, MiB | left of the burst |%n|---|---|---|---|---|%n",
                BUFFER_BYTES,
                SILENCE_SECONDS,
                System.getProperty("java.version"));
        for (String peer : PEERS) {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(JVM_OPTIONS);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), Burst.class.getName(), peer));
            new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .start()
                    .waitFor();
        }
    }

    private static <B> String row(Peer<B> peer, String name) throws IOException {
        for (int i = 0; i < 10_000; i++) {
            peer.release(peer.acquire(BUFFER_BYTES));
        }
        long before = residentMib();
        List<B> held = new ArrayList<>(BUFFERS);
        for (int i = 0; i < BUFFERS; i++) {
            held.add(peer.acquire(BUFFER_BYTES));
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

    private static String row(String name) throws IOException {
        return row(Peer.of(name, BUFFER_BYTES), name);
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
