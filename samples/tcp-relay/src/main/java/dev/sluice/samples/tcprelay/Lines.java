package dev.sluice.samples.tcprelay;

import dev.sluice.samples.console.ByteSize;
import dev.sluice.samples.console.View;
import java.io.PrintStream;
import java.util.Locale;

/** Prints one line per second: for a file, a pipe, or a terminal that cannot move its cursor. */
final class Lines implements View<Gauge.Sample> {

    private static final String ROW = "%8s %6s %7s %7s  %12s %12s  %10s %10s %7s%n";

    private final PrintStream out;
    private double due;

    Lines(PrintStream out) {
        this.out = out;
    }

    @Override
    public synchronized void show(Gauge.Sample sample) {
        if (sample.seconds() >= due) {
            if (due == 0) {
                out.printf(
                        ROW,
                        "Time",
                        "Open",
                        "Ended",
                        "Failed",
                        "To target",
                        "To clients",
                        "In flight",
                        "Idle",
                        "Pending");
            }
            due = Math.floor(sample.seconds()) + 1;
            out.printf(
                    Locale.ROOT,
                    ROW,
                    Times.clock(sample.seconds()),
                    sample.totals().open(),
                    sample.totals().ended(),
                    sample.totals().failed(),
                    ByteSize.format(sample.toTargetPerSecond()) + "/s",
                    ByteSize.format(sample.toClientsPerSecond()) + "/s",
                    ByteSize.format(sample.pool().bytesInUse()),
                    ByteSize.format(sample.pool().idleBytes()),
                    sample.pool().pending());
        }
    }

    @Override
    public synchronized void log(String line) {
        out.println(line);
    }

    @Override
    public void close() {}
}
