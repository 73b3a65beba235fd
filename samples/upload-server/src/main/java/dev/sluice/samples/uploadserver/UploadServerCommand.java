package dev.sluice.samples.uploadserver;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.samples.console.Address;
import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.console.LiveView;
import dev.sluice.samples.console.View;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jline.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import reactor.netty.ChannelBindException;

/** The command line: what can be asked for, and one run from the first request to Ctrl-C. */
@Command(
        name = "upload-server",
        description = {
            "Stores files that are sent by HTTP, lists them, and serves them back. All that comes in passes through one pool"
                    + " of buffers, within --max-bytes, however many send at once and however slowly.",
            ""
        },
        usageHelpAutoWidth = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"1:the server cannot listen, or cannot use the folder", "2:wrong usage", "130:ended by Ctrl-C"})
final class UploadServerCommand implements Callable<Integer> {

    private static final int PICTURE_ROWS = 16;
    private static final long LEAST_BYTES = 64 << 10;
    private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    @Option(
            names = "--listen",
            paramLabel = "[HOST:]PORT",
            converter = Address.class,
            defaultValue = "127.0.0.1:8080",
            description =
                    "Where to listen. Without a host, only for this machine; 0.0.0.0:8080 is for everybody. Port 0"
                            + " is any free one, which is printed. Default: ${DEFAULT-VALUE}.")
    private InetSocketAddress listen;

    @Option(
            names = "--folder",
            paramLabel = "PATH",
            defaultValue = "uploads",
            description = "Where the files are; made if it is missing. Default: ${DEFAULT-VALUE}.")
    private Path folder;

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            defaultValue = "16M",
            description = "The budget of the pool, such as 64K, 16M or 1G. Default: ${DEFAULT-VALUE}.")
    private long maxBytes;

    @Option(
            names = "--max-upload",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            defaultValue = "4G",
            description = "How long a file may be. Default: ${DEFAULT-VALUE}.")
    private long maxUploadBytes;

    @Option(
            names = "--max-uploads",
            paramLabel = "N",
            defaultValue = "64",
            description = "How many uploads there may be at a time. Default: ${DEFAULT-VALUE}.")
    private int maxUploads;

    @Option(
            names = "--stall",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long a client may send nothing. Default: ${DEFAULT-VALUE}.")
    private double stallSeconds;

    @Option(
            names = "--live",
            negatable = true,
            description = "Draw the uploads in the terminal, below the log. Default for 'run': only on a terminal.")
    private boolean live;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    private volatile boolean ended;

    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new UploadServerCommand())
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(UploadServerCommand::explain);
        System.exit(commandLine.execute(args));
    }

    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().printf("upload-server: %s%nTry 'upload-server --help'.%n", e.getMessage());
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public Integer call() {
        checkAtLeast("--max-bytes", LEAST_BYTES, maxBytes);
        checkAtLeast("--max-uploads", 1, maxUploads);
        if (!(stallSeconds > 0)) {
            throw new ParameterException(spec.commandLine(), "--stall must be above 0, not %s".formatted(stallSeconds));
        }
        try {
            return serve(Storage.in(folder));
        } catch (IOException e) {
            return complain("cannot use the folder: " + e);
        }
    }

    private void checkAtLeast(String option, long least, long value) {
        if (value < least) {
            throw new ParameterException(
                    spec.commandLine(), "%s must be at least %,d, not %,d".formatted(option, least, value));
        }
    }

    private int serve(Storage storage) {
        BufferPool pool =
                BufferPool.builder().name("upload-server").maxBytes(maxBytes).build();
        Uploads uploads = new Uploads(maxUploads);
        Limits limits = new Limits(maxUploadBytes, Duration.ofMillis(Math.max(1, (long) (1000 * stallSeconds))));
        View<State> view = view();
        UploadServer server;
        try {
            server = new UploadServer(listen, storage, pool, limits, uploads, view);
        } catch (ChannelBindException e) {
            view.close();
            return complain("cannot listen on %s: %s".formatted(Address.format(listen), e.getMessage()));
        }
        view.log(
                "upload-server: http://%s/, files in %s".formatted(Address.format(server.address()), storage.folder()));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server, uploads, pool, view))); // by Ctrl-C
        while (!ended) {
            view.show(State.of(uploads, pool));
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
        }
        return CommandLine.ExitCode.OK;
    }

    private View<State> view() {
        Terminal terminal = live ? LiveView.terminal() : null;
        return terminal == null
                ? new Lines(System.out)
                : new LiveView<>(terminal, PICTURE_ROWS, new Picture("upload-server")::draw);
    }

    private void end(UploadServer server, Uploads uploads, BufferPool pool, View<State> view) {
        ended = true;
        server.close();
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (pool.stats().buffersInUse() > 0 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        view.close();
        PoolStats stats = pool.stats();
        System.out.printf(
                Locale.ROOT,
                "Stored: %,d uploads with %s; %,d broken off%n"
                        + "Pool:   peak %s of %s, %,d leases, %.1f %% hits; %,d in flight%n",
                uploads.stored(),
                ByteSize.format(uploads.storedBytes()),
                uploads.failed(),
                ByteSize.format(stats.peakBytes()),
                ByteSize.format(stats.limitBytes()),
                stats.totalAcquisitions(),
                Math.floor(1000 * stats.hitRate()) / 10,
                stats.buffersInUse());
    }

    private static int complain(String what) {
        System.err.printf("upload-server: %s%n", what);
        return CommandLine.ExitCode.SOFTWARE;
    }
}
