package dev.sluice.samples.demandcurve;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** What was measured in a run, oldest first. For one thread. */
final class Recording {

    private static final String HEADER =
            "seconds,hour,readers,demand_bytes,in_flight_bytes,idle_bytes,pending,resident_bytes";

    private final List<Sample> samples = new ArrayList<>();

    void add(Sample sample) {
        samples.add(sample);
    }

    List<Sample> samples() {
        return Collections.unmodifiableList(samples);
    }

    Sample last() {
        return samples.get(samples.size() - 1);
    }

    long most(ToLongFunction<Sample> number) {
        return samples.stream().mapToLong(number).max().orElse(0);
    }

    /** Writes one line for each sample. */
    void writeCsv(Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            out.write(HEADER + "\n");
            for (Sample s : samples) {
                out.write(String.format(
                        Locale.ROOT,
                        "%.3f,%.4f,%d,%d,%d,%d,%d,%d%n",
                        s.seconds(),
                        s.hour(),
                        s.readers(),
                        s.demand(),
                        s.inFlight(),
                        s.idle(),
                        s.pending(),
                        s.resident()));
            }
        }
    }
}
