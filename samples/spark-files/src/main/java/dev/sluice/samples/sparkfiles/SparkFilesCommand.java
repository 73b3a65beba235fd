package dev.sluice.samples.sparkfiles;

import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.filestats.Failure;
import dev.sluice.samples.filestats.FileStats;
import dev.sluice.samples.filestats.Progress;
import dev.sluice.samples.filestats.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The command line: what can be asked for, and one run from the first path to the exit status. */
@Command(
        name = "spark-files",
        description = {
            "Says of every file how many bytes and lines it has, how long its longest line is, its CRC-32C and its SHA-256,"
                    + " or compresses all of them again. It does so on Apache Spark, within one budget of memory for each"
                    + " executor, however large the files are.",
            ""
        },
        usageHelpAutoWidth = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:all was read", "1:something could not be read; the rest was", "2:wrong usage"})
final class SparkFilesCommand implements Callable<Integer> {

    private static final long LEAST_BYTES = 1 << 20;
    private static final long MOST_BATCH_BYTES = 128 << 20;

    @Parameters(
            arity = "0..*",
            paramLabel = "PATH",
            description = "Files, folders with all regular files beneath them, and patterns such as 'logs/*.gz'."
                    + " Without any: lib/modules of this JDK.")
    private List<String> paths = List.of();

    @Option(
            names = "--master",
            paramLabel = "URL",
            defaultValue = "local[*]",
            description = "Where Spark runs, such as spark://host:7077. Default: ${DEFAULT-VALUE}, in this process.")
    private String master;

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            description = "The budget of each executor, such as 64M. Default: a quarter of its memory overhead.")
    private Long maxBytes;

    @Option(
            names = "--batch",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            description = "How much a task reads, about. Default: 128M, or less where not all cores would be busy.")
    private Long batchBytes;

    @Option(
            names = "--recompress-to",
            paramLabel = "FOLDER",
            description = "Compress every file again, to FOLDER, instead of counting.")
    private Path target;

    @Option(
            names = "--parquet",
            paramLabel = "FOLDER",
            description = "Write what was found to FOLDER as Parquet as well, over what is there.")
    private Path parquet;

    @Option(
            names = "--conf",
            paramLabel = "KEY=VALUE",
            description = "A setting of Spark, such as spark.executor.cores=2.")
    private Map<String, String> settings = new HashMap<>();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--summary", description = "Print no line for each file.")
    private boolean summary;

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

    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new SparkFilesCommand())
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(SparkFilesCommand::explain)
                .setExecutionExceptionHandler(SparkFilesCommand::giveUp);
        System.exit(commandLine.execute(args));
    }

    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().printf("spark-files: %s%nTry 'spark-files --help'.%n", e.getMessage());
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    /** Spark's own messages are a page long; the first line says what it is. */
    private static int giveUp(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
        commandLine.getErr().printf("spark-files: Spark gave up: %s%n", reason);
        return CommandLine.ExitCode.SOFTWARE;
    }

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        checkSizes();
        Listed.Listing listing = Listed.of(paths.isEmpty() ? List.of(modulesOfThisJdk()) : paths);
        List<Failure> failures = new ArrayList<>(listing.failures());
        SparkReport report;
        try (SparkSession session = SparkSession.builder().config(conf()).getOrCreate()) {
            report = run(session, listing, failures);
            if (parquet != null) {
                write(session, report.files());
            }
        }
        report.failures().forEach(SparkFilesCommand::complain);
        print(report);
        return report.failures().isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private void checkSizes() {
        if (maxBytes != null && maxBytes < LEAST_BYTES) {
            throw new ParameterException(
                    spec.commandLine(),
                    String.format(Locale.ROOT, "--max-bytes must be at least %,d, not %,d", LEAST_BYTES, maxBytes));
        }
        if (batchBytes != null && batchBytes < LEAST_BYTES) {
            throw new ParameterException(
                    spec.commandLine(),
                    String.format(Locale.ROOT, "--batch must be at least %,d, not %,d", LEAST_BYTES, batchBytes));
        }
    }

    private SparkConf conf() {
        SparkConf conf = new SparkConf()
                .setAppName("spark-files")
                .setMaster(master)
                .set("spark.plugins", SluiceSparkPlugin.class.getName())
                .set("spark.ui.enabled", "false");
        if (maxBytes != null) {
            conf.set(SluiceSparkPlugin.MAX_BYTES, maxBytes + "b");
        }
        settings.forEach(conf::set);
        return conf;
    }

    private SparkReport run(SparkSession session, Listed.Listing listing, List<Failure> failures) {
        long batch = batchBytes(listing.bytes(), session.sparkContext().defaultParallelism());
        List<Plan.Batch> batches = target == null
                ? Plan.ofScan(listing.files(), batch)
                : Plan.ofRecompression(Recompression.of(listing.files(), target, failures), batch);
        long bytes = batches.stream().mapToLong(Plan.Batch::bytes).sum();
        try (Progress seen = progress ? Progress.shown(bytes) : Progress.hidden()) {
            Cluster cluster = new Cluster(new JavaSparkContext(session.sparkContext()), seen);
            long start = System.nanoTime();
            List<Part> parts = cluster.run(batches);
            Duration duration = Duration.ofNanos(System.nanoTime() - start);
            return SparkReport.of(parts, failures, duration, List.copyOf(SluiceSparkPlugin.executors()));
        }
    }

    /** A few batches for each core, so that none of them rests while another has a long one left. */
    private long batchBytes(long bytes, int cores) {
        return batchBytes != null
                ? batchBytes
                : Math.max(LEAST_BYTES, Math.min(MOST_BATCH_BYTES, bytes / (4L * cores)));
    }

    private void write(SparkSession session, List<FileStats> files) {
        StructType columns = new StructType()
                .add("path", DataTypes.StringType)
                .add("bytes", DataTypes.LongType)
                .add("lines", DataTypes.LongType)
                .add("longestLine", DataTypes.LongType)
                .add("crc32c", DataTypes.StringType)
                .add("sha256", DataTypes.StringType);
        List<Row> rows = files.stream()
                .map(file -> RowFactory.create(
                        file.path(), file.bytes(), file.lines(), file.longestLine(), file.crc32c(), file.sha256()))
                .toList();
        session.createDataFrame(rows, columns)
                .coalesce(1)
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(parquet.toAbsolutePath().toString());
    }

    private void print(SparkReport report) {
        if (json) {
            report.writeJson(System.out);
            return;
        }
        Table table = new Table(System.out);
        if (!summary && target == null && !report.files().isEmpty()) {
            table.print(report.files());
        }
        table.print(report.total());
        if (target != null) {
            System.out.printf(Locale.ROOT, "%s written to %s%n", ByteSize.format(report.writtenBytes()), target);
        }
        report.executors()
                .forEach(executor -> System.out.printf(
                        Locale.ROOT,
                        "Executor %s: peak %s of %s; %,d tasks, %,d left buffers behind%n",
                        executor.executor(),
                        ByteSize.format(executor.peakBytes()),
                        ByteSize.format(executor.maxBytes()),
                        executor.tasks(),
                        executor.leaks()));
    }

    private static void complain(Failure failure) {
        System.err.printf("spark-files: %s: %s%n", Table.printable(failure.path()), failure.error());
    }

    /** The largest file that every JDK has: its own classes. */
    private static String modulesOfThisJdk() {
        return Path.of(System.getProperty("java.home"), "lib", "modules").toString();
    }
}
