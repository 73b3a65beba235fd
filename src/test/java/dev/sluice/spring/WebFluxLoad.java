package dev.sluice.spring;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Many uploads at once, half of them by slow clients, against one application with Sluice and the same without, each in a
 * JVM of its own.
 *
 * @param uploads how many at once
 * @param uploadBytes how large each is
 * @param slowBytesPerSecond how fast every second client sends; the others are as fast as the server
 * @param maxBytes the budget
 */
record WebFluxLoad(int uploads, long uploadBytes, long slowBytesPerSecond, long maxBytes) {

    private static final int CONTENTS = 8;
    private static final long PATIENCE_SECONDS = 300;

    /** 200 uploads of 50 MiB under 32 MiB, or what the arguments say: uploads, MiB of each, MiB of the budget. */
    public static void main(String[] args) throws Exception {
        int uploads = args.length > 0 ? Integer.parseInt(args[0]) : 200;
        long megabytes = args.length > 1 ? Long.parseLong(args[1]) : 50;
        long budget = args.length > 2 ? Long.parseLong(args[2]) : 32;
        WebFluxLoad load = new WebFluxLoad(uploads, megabytes << 20, 2 << 20, budget << 20);
        List<LoadContent> contents = load.contents();
        Outcome pooled = load.run(true, contents);
        System.out.println(load.table(pooled, load.run(false, contents)));
    }

    /**
     * What came of it.
     *
     * @param seconds from the first connection to the last answer
     * @param failures what did not end in the SHA-256 of what was sent
     * @param server what the server says of its memory, in bytes
     * @param filesLeft what is in the directory of the server afterwards
     */
    record Outcome(double seconds, List<String> failures, Map<String, Long> server, List<Path> filesLeft) {}

    List<LoadContent> contents() {
        return IntStream.range(0, Math.min(CONTENTS, uploads))
                .mapToObj(seed -> new LoadContent(seed, uploadBytes))
                .toList();
    }

    Outcome run(boolean pooled, List<LoadContent> contents) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("sluice-load-");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:MaxDirectMemorySize=1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoadServer.class.getName(),
                        Boolean.toString(pooled),
                        Long.toString(maxBytes),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said = process.inputReader()) {
            int port = portOf(said);
            long start = System.nanoTime();
            List<String> failures = upload(port, contents);
            double seconds = (System.nanoTime() - start) / 1e9;
            process.getOutputStream().close();
            Map<String, Long> server = numbers(said);
            process.waitFor();
            try (Stream<Path> left = Files.list(directory)) {
                return new Outcome(seconds, failures, server, left.toList());
            }
        } finally {
            process.destroyForcibly().waitFor();
            deleteAll(directory);
        }
    }

    private static int portOf(BufferedReader said) throws IOException {
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith("port ")) {
                return Integer.parseInt(line.substring("port ".length()));
            }
        }
        throw new IOException("the server ended before it said its port");
    }

    private static Map<String, Long> numbers(BufferedReader said) throws IOException {
        Map<String, Long> numbers = new LinkedHashMap<>();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            String[] parts = line.split(" ");
            if (parts.length == 2 && parts[1].matches("-?\\d+")) {
                numbers.put(parts[0], Long.parseLong(parts[1]));
            }
        }
        return numbers;
    }

    private List<String> upload(int port, List<LoadContent> contents) throws InterruptedException {
        ExecutorService clients = Executors.newFixedThreadPool(uploads);
        try {
            List<LoadClient> all = IntStream.range(0, uploads)
                    .mapToObj(i -> new LoadClient(
                            port,
                            "upload-" + i,
                            contents.get(i % contents.size()),
                            i % 2 == 0 ? 0 : slowBytesPerSecond))
                    .toList();
            List<Future<String>> answers = clients.invokeAll(all, PATIENCE_SECONDS, TimeUnit.SECONDS);
            List<String> failures = new ArrayList<>();
            for (int i = 0; i < uploads; i++) {
                String problem = problem(answers.get(i), all.get(i).content().sha256());
                if (!problem.isEmpty()) {
                    failures.add(all.get(i).name() + ": " + problem);
                }
            }
            return failures;
        } finally {
            clients.shutdownNow();
        }
    }

    private static String problem(Future<String> answer, String expected) throws InterruptedException {
        if (answer.isCancelled()) {
            return "not done after %,d s".formatted(PATIENCE_SECONDS);
        }
        try {
            return answer.get().equals(expected) ? "" : "SHA-256 is %s, not %s".formatted(answer.get(), expected);
        } catch (ExecutionException e) {
            return e.getCause().toString();
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> left = Files.list(directory)) {
            for (Path file : left.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** Both as a table in Markdown. */
    String table(Outcome with, Outcome without) {
        List<String[]> rows = List.of(
                new String[] {"", "with Sluice", "without"},
                new String[] {"---", "---:", "---:"},
                row(
                        "uploads with the right SHA-256",
                        with,
                        without,
                        o -> "%,d of %,d".formatted(uploads - o.failures().size(), uploads)),
                row("time", with, without, o -> "%.1f s".formatted(o.seconds())),
                row(
                        "throughput",
                        with,
                        without,
                        o -> "%,.0f MiB/s".formatted(uploads * uploadBytes / o.seconds() / (1 << 20))),
                row("resident set before", with, without, o -> mebibytes(o, "resident.before")),
                row("resident set at its peak", with, without, o -> mebibytes(o, "resident.peak")),
                row("direct buffers of the JDK at their peak", with, without, o -> mebibytes(o, "direct.peak")),
                row("direct memory that Netty counts at its peak", with, without, o -> mebibytes(o, "netty.peak")),
                row(
                        "the pool at its peak, of %s".formatted(mebibytes(maxBytes)),
                        with,
                        without,
                        o -> mebibytes(o, "pool.peak")));
        StringBuilder table =
                new StringBuilder("%,d uploads of %s at once, every second one at %s per second, Java %s:%n%n"
                        .formatted(
                                uploads,
                                mebibytes(uploadBytes),
                                mebibytes(slowBytesPerSecond),
                                Runtime.version().feature()));
        rows.forEach(row -> table.append("| ").append(String.join(" | ", row)).append(" |\n"));
        return table.toString();
    }

    private static String[] row(
            String what, Outcome with, Outcome without, java.util.function.Function<Outcome, String> said) {
        return new String[] {what, said.apply(with), said.apply(without)};
    }

    private static String mebibytes(Outcome outcome, String name) {
        Long bytes = outcome.server().get(name);
        return bytes == null || bytes < 0 ? "–" : mebibytes(bytes);
    }

    private static String mebibytes(long bytes) {
        return bytes % (1 << 20) == 0
                ? "%,d MiB".formatted(bytes >> 20)
                : "%,.1f MiB".formatted(bytes / (double) (1 << 20));
    }
}
