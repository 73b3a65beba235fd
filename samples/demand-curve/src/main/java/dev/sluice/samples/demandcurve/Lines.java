package dev.sluice.samples.demandcurve;

import java.io.PrintStream;
import java.util.Locale;

/** Prints one line per second: for a file, a pipe, or a terminal that cannot move its cursor. */
final class Lines implements View {

    private final PrintStream out;
    private double due;

    Lines(PrintStream out) {
        this.out = out;
        out.printf("%-6s %8s %8s %8s %8s %8s  %s%n", "Hour", "Readers", "Demand", "In use", "Idle", "Resident", "MiB");
    }

    @Override
    public void show(Recording recording) {
        Sample sample = recording.last();
        if (sample.seconds() >= due) {
            due = Math.floor(sample.seconds()) + 1;
            out.printf(
                    Locale.ROOT,
                    "%-6s %,8d %,8d %,8d %,8d %,8d  %s%n",
                    Clock.format(sample.hour()),
                    sample.readers(),
                    sample.demand() >> 20,
                    sample.inFlight() >> 20,
                    sample.idle() >> 20,
                    sample.resident() >> 20,
                    Day.at(sample.hour() % Day.HOURS));
        }
    }

    @Override
    public void close() {}
}
