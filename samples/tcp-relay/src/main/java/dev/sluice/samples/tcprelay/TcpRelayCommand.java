package dev.sluice.samples.tcprelay;

import dev.sluice.BufferPool;
import dev.sluice.samples.console.Address;
import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.console.LiveView;
import dev.sluice.samples.console.View;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import reactor.netty.ChannelBindException;

/** The command line: what can be asked for, and one run from the first connection to the exit status. */
@Command(
        name = "tcp-relay",
        description = {
            "Relays TCP connections: what comes to --listen goes to --to, and the other way round. The memory for all of it"
                    + " stays within --max-bytes, however slow the peers are, and a slow one slows its own connection only.",
            "",
            "Without --to: a demonstration. Clients that are fast, slow, chatty and brief talk through the relay to a target"
                    + " that sends back what it gets, and check every byte.",
            ""
        },
        usageHelpAutoWidth = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the demonstration is over: every byte came back, and every buffer",
            "1:it is not so, or the relay cannot listen",
            "2:wrong usage",
            "130:ended by Ctrl-C"
        })
final class TcpRelayCommand implements Callable<Integer> {

    private static final int PICTURE_ROWS = 16;
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

    @Option(
            names = "--listen",
            paramLabel = "[HOST:]PORT",
            converter = Address.class,
            defaultValue = "127.0.0.1:0",
            description = "Where to accept connections. Without a host, only from this machine; 0.0.0.0:9000 is from"
                    + " everywhere. Default: any free port, which is printed.")
    private InetSocketAddress listen;

    @Option(
            names = "--to",
            paramLabel = "[HOST:]PORT",
            converter = Address.class,
            description = "The target: where to connect for each of them.")
    private InetSocketAddress to;

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            defaultValue = "32M",
            description = "The budget of the pool, such as 65536, 512K, 32M or 1G. Default: ${DEFAULT-VALUE}.")
    private long maxBytes;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "256",
            description =
                    "How many connections to relay at a time; further ones are closed at once. Each has a share of"
                            + " the budget. Default: ${DEFAULT-VALUE}.")
    private int maxConnections;

    @Option(names = "--log", description = "Print a line for each connection that has ended.")
    private boolean log;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "24",
            description = "The clients of the demonstration. Default: ${DEFAULT-VALUE}.")
    private int clients;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "10",
            description = "How long the demonstration lasts. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--live",
            negatable = true,
            description =
                    "Draw in the terminal, in place of one line per second. Default for 'run': only on a terminal.")
    private boolean live;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new TcpRelayCommand())
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(TcpRelayCommand::explain);
        System.exit(commandLine.execute(args));
    }

    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().printf("tcp-relay: %s%nTry 'tcp-relay --help'.%n", e.getMessage());
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        if (to != null) {
            return relay(to);
        }
        try (DemoTarget target = new DemoTarget()) {
            return relay(target.address());
        } catch (IOException e) {
            return complain("the target of the demonstration: " + e.getMessage());
        }
    }

    private void check() {
        if (maxConnections < 1) {
            throw wrong("--max-connections must be at least 1, not %,d".formatted(maxConnections));
        }
        long least = Room.leastBytes(maxConnections);
        if (maxBytes < least) {
            throw wrong("%,d connections need --max-bytes of at least %,d, not %,d"
                    .formatted(maxConnections, least, maxBytes));
        }
        if (to == null && (clients < 1 || clients > maxConnections)) {
            throw wrong(
                    "--clients must be from 1 to --max-connections %,d, not %,d".formatted(maxConnections, clients));
        }
        if (!(seconds > 0)) {
            throw wrong("--seconds must be above 0, not %s".formatted(seconds));
        }
    }

    private ParameterException wrong(String why) {
        return new ParameterException(spec.commandLine(), why);
    }

    private int relay(InetSocketAddress target) throws InterruptedException {
        BufferPool pool =
                BufferPool.builder().name("tcp-relay").maxBytes(maxBytes).build();
        View<Gauge.Sample> view = view(target);
        Traffic traffic = new Traffic((passage, why) -> logEnd(view, passage, why));
        Relay relay;
        try {
            relay = new Relay(listen, target, pool, Room.in(maxBytes, maxConnections), traffic);
        } catch (ChannelBindException e) {
            view.close();
            return complain("cannot listen on %s: %s".formatted(Address.format(listen), e.getMessage()));
        }
        view.log("tcp-relay: listening on %s, relaying to %s"
                .formatted(Address.format(relay.address()), Address.format(target)));
        Run run = new Run(relay, traffic, pool, view);
        Runtime.getRuntime().addShutdownHook(new Thread(run::end)); // by Ctrl-C, say
        if (to != null) {
            run.untilEnd(() -> false);
            return CommandLine.ExitCode.OK;
        }
        try (Demo demo = new Demo(relay.address(), clients, seconds)) {
            run.untilEnd(demo::isDone);
            return judge(demo, run.end());
        }
    }

    private View<Gauge.Sample> view(InetSocketAddress target) {
        Terminal terminal = live ? LiveView.terminal() : null;
        return terminal == null
                ? new Lines(System.out)
                : new LiveView<>(terminal, PICTURE_ROWS, new Picture("tcp-relay  to " + Address.format(target))::draw);
    }

    private void logEnd(View<Gauge.Sample> view, Passage passage, String why) {
        if (log) {
            view.log("%s  %-21s  %8s  %10s to target  %10s to client  %s"
                    .formatted(
                            LocalTime.now().format(CLOCK),
                            passage.client(),
                            Times.clock((System.nanoTime() - passage.startNanos()) / 1e9),
                            ByteSize.format(passage.toTarget().get()),
                            ByteSize.format(passage.toClient().get()),
                            why.isEmpty() ? "ended" : why));
        }
    }

    private static int judge(Demo demo, long inFlight) {
        demo.report().forEach(System.out::println);
        demo.failures().stream().limit(5).forEach(failure -> complain("a client failed: " + failure));
        return demo.failures().isEmpty() && inFlight == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private static int complain(String what) {
        System.err.printf("tcp-relay: %s%n", what);
        return CommandLine.ExitCode.SOFTWARE;
    }
}
