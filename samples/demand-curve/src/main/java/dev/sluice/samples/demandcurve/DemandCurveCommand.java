package dev.sluice.samples.demandcurve;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.console.LiveView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line: what can be asked for, and one run from the first reader to the picture. */
@Command(
        name = "demand-curve",
        description = {
            "Runs a day of traffic through one pool of buffers in a minute: bursts, silence, slow consumers, a change of"
                    + " chunk size. Shows what is wanted, in flight, idle and resident, and draws a picture of it.",
            ""
        },
        usageHelpAutoWidth = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the day is over, and every buffer is back",
            "1:a reader failed, the budget was exceeded, a buffer is missing, or a file could not be written",
            "2:wrong usage"
        })
final class DemandCurveCommand implements Callable<Integer> {

    private static final double SECONDS_OF_DAY = 86_400;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "How long to run, from 1 to 86400. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--speed",
            paramLabel = "N",
            description = "How many seconds of the day pass in one second, from 1 to 86400."
                    + " Default: as many as let one day pass in all.")
    private Double speed;

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            defaultValue = "256M",
            description = "The budget of the pool, such as 64M or 1G. Default: ${DEFAULT-VALUE}.")
    private long maxBytes;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Where the chance begins that says how long each buffer is held. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            defaultValue = "demand-curve.png",
            description = "The picture, a .png or an .svg. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--csv", paramLabel = "FILE", description = "All samples as comma-separated values.")
    private Path csv;

    @Option(
            names = "--live",
            negatable = true,
            description = "Draw a chart in the terminal, in place of one line per second."
                    + " Default for 'run': only on a terminal.")
    private boolean live;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new DemandCurveCommand())
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(DemandCurveCommand::explain);
        System.exit(commandLine.execute(args));
    }

    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().printf("demand-curve: %s%nTry 'demand-curve --help'.%n", e.getMessage());
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public Integer call() {
        check();
        try (Content content = Content.write(seed)) {
            return run(content.path());
        } catch (IOException e) {
            return complain("a file could not be written: %s", e);
        }
    }

    private void check() {
        checkRange("--seconds", seconds);
        if (speed == null) {
            speed = SECONDS_OF_DAY / seconds;
        }
        checkRange("--speed", speed);
        if (maxBytes < Day.largestChunkBytes()) {
            throw wrong("the largest chunk of the day, %,d bytes, does not fit into --max-bytes %,d"
                    .formatted(Day.largestChunkBytes(), maxBytes));
        }
        if (!Picture.isPng(out) && !Picture.isSvg(out)) {
            throw wrong("--out '%s' ends neither in .png nor in .svg".formatted(out));
        }
        checkWritable("--out", out);
        if (csv != null) {
            checkWritable("--csv", csv);
        }
    }

    private void checkRange(String option, double value) {
        if (!(value >= 1 && value <= SECONDS_OF_DAY)) {
            throw wrong("%s must be from 1 to 86400, not %s".formatted(option, value));
        }
    }

    /** Finds out before the day begins, not after it. */
    private void checkWritable(String option, Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw wrong("%s '%s' cannot be written: '%s' is not a folder that can be written to"
                    .formatted(option, file, folder));
        }
        if (Files.isDirectory(file)) {
            throw wrong("%s '%s' cannot be written: it is a folder".formatted(option, file));
        }
    }

    private ParameterException wrong(String why) {
        return new ParameterException(spec.commandLine(), why);
    }

    private int run(Path content) throws IOException {
        ResidentSet resident = ResidentSet.ofThisProcess();
        BufferPool pool = BufferPool.builder()
                .name("demand-curve")
                .maxBytes(maxBytes)
                .unsafeFree(true) // no view outlives its lease: each is used before its holding begins
                .build();
        Recording recording;
        PoolStats stats;
        Throwable failure;
        try (pool;
                Traffic traffic = new Traffic(pool, content, seed);
                View view = view()) {
            Run run = new Run(pool, traffic, new Gauge(pool, resident), view, seconds, speed);
            recording = run.record();
            stats = run.end();
            failure = traffic.failure();
        }
        if (csv != null) {
            recording.writeCsv(csv);
        }
        new Picture(recording.samples(), resident.name(), maxBytes, speed).write(out);
        return judge(recording, stats, failure);
    }

    private View view() {
        Terminal terminal = live ? LiveView.terminal() : null;
        return terminal == null
                ? new Lines(System.out)
                : new LiveChart(terminal, new TerminalChart(maxBytes, seconds * speed / 3_600));
    }

    private int judge(Recording recording, PoolStats stats, Throwable failure) {
        summarize(recording, stats);
        if (failure != null) {
            return complain("a reader failed: %s", failure);
        }
        if (recording.most(Sample::allocated) > maxBytes || stats.peakBytes() > maxBytes) {
            return complain("the budget of %,d bytes was exceeded: %,d", maxBytes, stats.peakBytes());
        }
        if (stats.buffersInUse() > 0) {
            return complain("%,d buffers did not come back", stats.buffersInUse());
        }
        return CommandLine.ExitCode.OK;
    }

    private void summarize(Recording recording, PoolStats stats) {
        System.out.printf(
                Locale.ROOT,
                "%nPool: peak %s of %s, wanted at most %s; in flight now %,d buffers%n"
                        + "      %,d leases, %.1f %% hits; given back %s, passed on to other sizes %s%n"
                        + "Picture: %s%n",
                ByteSize.format(stats.peakBytes()),
                ByteSize.format(maxBytes),
                ByteSize.format(recording.most(Sample::wanted)),
                stats.buffersInUse(),
                stats.totalAcquisitions(),
                Math.floor(1000 * stats.hitRate()) / 10,
                ByteSize.format(stats.shrunkBytes()),
                ByteSize.format(stats.reclaimedBytes()),
                out);
    }

    private static int complain(String what, Object... details) {
        System.err.printf("demand-curve: " + what + "%n", details);
        return CommandLine.ExitCode.SOFTWARE;
    }
}
