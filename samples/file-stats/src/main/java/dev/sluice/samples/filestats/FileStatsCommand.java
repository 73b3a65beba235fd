package dev.sluice.samples.filestats;

import dev.sluice.BufferPool;
import dev.sluice.samples.console.ByteSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command line: what can be asked for, and one run from the first file to the exit status. */
@Command(
        name = "file-stats",
        description = {
            "Streams files through one pool of buffers, several at a time, and prints of each: bytes, lines, the longest"
                    + " line, CRC-32C and SHA-256. The memory for it stays within --max-bytes, however large the files are.",
            ""
        },
        usageHelpAutoWidth = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all was read", "1:something could not be read; the rest was", "2:wrong usage"})
final class FileStatsCommand implements Callable<Integer> {

    private static final int DEFAULT_CHUNK_BYTES = 64 << 10;

    /** Four of the smallest buffers that there are: to read to, to uncompress to, and for a line that grows. */
    private static final int LEAST_BYTES = 256;

    @Parameters(
            arity = "0..*",
            paramLabel = "PATH",
            description =
                    "Files, and folders with all regular files beneath them; links inside folders are not followed."
                            + " Without any: lib/modules of this JDK.")
    private List<Path> paths = List.of();

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            defaultValue = "32M",
            description = "The budget of the pool, such as 65536, 64K, 32M or 1G. Default: ${DEFAULT-VALUE}.")
    private long maxBytes;

    @Option(
            names = "--chunk",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            description = "How much to read at a time. Default: 64K, or a quarter of the budget if that is less.")
    private Long chunkBytes;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description =
                    "How many files to read at a time, if there is memory for them. Default: one for each processor.")
    private int concurrency = Runtime.getRuntime().availableProcessors();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--progress",
            negatable = true,
            description = "Show how far it is, on standard error. Default for 'run': only on a terminal.")
    private boolean progress;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new FileStatsCommand())
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(FileStatsCommand::explain);
        System.exit(commandLine.execute(args));
    }

    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().printf("file-stats: %s%nTry 'file-stats --help'.%n", e.getMessage());
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public Integer call() {
        int chunk = checkedChunk();
        Inputs inputs = Inputs.of(paths.isEmpty() ? List.of(modulesOfThisJdk()) : paths);
        Report report = read(inputs, chunk);
        report.failures().forEach(FileStatsCommand::complain);
        if (json) {
            report.writeJson(System.out);
        } else {
            new Table(System.out).print(report);
        }
        return report.failures().isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private int checkedChunk() {
        if (maxBytes < LEAST_BYTES) {
            throw new ParameterException(
                    spec.commandLine(), "--max-bytes must be at least %,d, not %,d".formatted(LEAST_BYTES, maxBytes));
        }
        long chunk = chunkBytes == null ? Math.max(1, Math.min(DEFAULT_CHUNK_BYTES, maxBytes / 4)) : chunkBytes;
        if (chunk > Math.min(maxBytes, Integer.MAX_VALUE)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "nothing can be read: a --chunk of %,d bytes does not fit into --max-bytes %,d"
                            .formatted(chunk, maxBytes));
        }
        if (concurrency < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--concurrency must be at least 1, not %,d".formatted(concurrency));
        }
        return (int) chunk;
    }

    private Report read(Inputs inputs, int chunk) {
        BufferPool pool =
                BufferPool.builder().name("file-stats").maxBytes(maxBytes).build();
        List<Outcome> outcomes;
        Duration duration;
        try (pool;
                Progress seen = progress ? Progress.shown(inputs.bytes()) : Progress.hidden()) {
            Scan scan = new Scan(pool, Room.in(maxBytes, chunk, concurrency), seen);
            long start = System.nanoTime();
            outcomes = scan.of(inputs.files()).collectList().block();
            duration = Duration.ofNanos(System.nanoTime() - start);
        }
        // The pool is closed, so its statistics say what it has given back.
        return Report.of(outcomes, inputs.failures(), duration, pool.stats());
    }

    private static void complain(Failure failure) {
        System.err.printf("file-stats: %s: %s%n", Table.printable(failure.path()), failure.error());
    }

    /** The largest file that every JDK has: its own classes. */
    private static Path modulesOfThisJdk() {
        return Path.of(System.getProperty("java.home"), "lib", "modules");
    }
}
