package dev.sluice.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * A program: runs comparisons by name, or all of them, on the JVM that it runs on, and leaves results as JSON, as tables and
 * as charts in {@code target/performance}. A comparison measures all its peers in one run.
 */
final class Comparisons {

    private static final Path DIRECTORY = Path.of("target", "performance");

    private static final String[] POOLS = {
        "sluice", "queue", "nettyPooled", "nettyAdaptive", "jetty", "undertow", "reactorPool", "commonsPool"
    };

    private static final String[] FAST_POOLS = {"sluice", "queue", "nettyPooled", "nettyAdaptive", "jetty", "undertow"};

    private Comparisons() {}

    /** How one comparison is run, and whom the others are compared with. */
    private record Comparison(String name, String title, String baseline, ChainedOptionsBuilder options) {}

    public static void main(String[] names) throws RunnerException, IOException {
        Set<String> wanted = Set.of(names);
        List<Comparison> comparisons = all().stream()
                .filter(comparison -> wanted.isEmpty() || wanted.contains(comparison.name))
                .toList();
        if (comparisons.size() < wanted.size()) {
            throw new IllegalArgumentException(
                    "there are " + all().stream().map(Comparison::name).toList() + ", not all of " + wanted);
        }
        Files.createDirectories(DIRECTORY);
        String java = "java" + Runtime.version().feature();
        List<String> tables = new ArrayList<>();
        for (Comparison comparison : comparisons) {
            String file = java + "-" + comparison.name;
            Collection<RunResult> results = new Runner(comparison
                            .options
                            .resultFormat(ResultFormatType.JSON)
                            .result(DIRECTORY.resolve(file + ".json").toString())
                            .build())
                    .run();
            ResultTable table = new ResultTable(comparison.title, comparison.baseline, results);
            table.draw(DIRECTORY.resolve(file + ".svg"));
            tables.add(table.markdown());
        }
        String all = String.join("\n", tables);
        Files.writeString(DIRECTORY.resolve(java + ".md"), all);
        System.out.printf(Locale.ROOT, "%n%s%nin %s%n", all, DIRECTORY.toAbsolutePath());
    }

    private static List<Comparison> all() {
        List<Comparison> all = new ArrayList<>(List.of(
                new Comparison(
                        "oneThread",
                        "Acquire, touch, release on one thread",
                        "queue",
                        nanos("PoolBenchmark.oneThread")
                                .param("peer", POOLS)
                                .param("size", "1024", "65536", "1048576")),
                new Comparison(
                        "twoThreads",
                        "On two threads at once",
                        "queue",
                        nanos("PoolBenchmark.twoThreads").param("peer", POOLS)),
                new Comparison(
                        "sixteenInFlight",
                        "Sixteen in flight, the oldest returned",
                        "queue",
                        nanos("PoolBenchmark.sixteenInFlight").param("peer", POOLS)),
                new Comparison(
                        "eventLoop",
                        "On threads with Netty's thread-local caches",
                        "queue",
                        nanos("PoolBenchmark.oneThread")
                                .param("peer", "sluice", "queue", "nettyPooled", "nettyAdaptive")
                                .jvmArgsAppend(
                                        "-Djmh.executor=CUSTOM",
                                        "-Djmh.executor.class=" + EventLoopThreads.class.getName())),
                new Comparison(
                        "handOff",
                        "One thread acquires, another releases",
                        "queue",
                        nanos("HandOffBenchmark").param("peer", FAST_POOLS).forks(5)),
                new Comparison(
                        "garbage",
                        "Bytes allocated per lease",
                        "queue",
                        nanos("PoolBenchmark.(oneThread|sixteenInFlight)")
                                .param("peer", FAST_POOLS)
                                .forks(1)
                                .addProfiler(GCProfiler.class)),
                new Comparison(
                        "manyInFlight", "One more, with so many in flight", "16", nanos("ManyInFlightBenchmark")),
                new Comparison(
                        "waiters", "An exhausted pool and a hundred waiters", "sluice", nanos("WaitersBenchmark")),
                new Comparison("read", "Read 256 MiB", "bareLoop", warmMillis("\\.ReadBenchmark")),
                new Comparison("copy", "Copy 256 MiB", "filesCopy", warmMillis("CopyBenchmark")),
                new Comparison("lines", "Lines of 256 MiB", "bufferedReader", millis("LinesBenchmark")),
                new Comparison("gunzip", "Decompress to 256 MiB", "gzipInputStream", millis("GunzipBenchmark"))));
        if (Runtime.version().feature() >= 21) {
            all.add(new Comparison(
                    "virtualThreads",
                    "On a thousand virtual threads",
                    "queue",
                    nanos("VirtualThreadsBenchmark").param("peer", FAST_POOLS)));
        }
        return all;
    }

    private static ChainedOptionsBuilder nanos(String include) {
        return new OptionsBuilder()
                .include(include)
                .forks(2)
                .warmupIterations(3)
                .warmupTime(TimeValue.milliseconds(400))
                .measurementIterations(4)
                .measurementTime(TimeValue.milliseconds(400));
    }

    /** For what takes so little time that the compiler is still at work in the first dozen iterations. */
    private static ChainedOptionsBuilder warmMillis(String include) {
        return millis(include).warmupIterations(15).measurementIterations(9);
    }

    private static ChainedOptionsBuilder millis(String include) {
        return new OptionsBuilder()
                .include(include)
                .forks(2)
                .warmupIterations(3)
                .measurementIterations(5)
                .addProfiler(GCProfiler.class);
    }
}
