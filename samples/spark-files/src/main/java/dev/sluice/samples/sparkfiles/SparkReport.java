package dev.sluice.samples.sparkfiles;

import dev.sluice.samples.filestats.Failure;
import dev.sluice.samples.filestats.FileStats;
import dev.sluice.samples.filestats.Outcome;
import dev.sluice.samples.filestats.Report;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * All that a run has to say. The components are the fields of the JSON, in this order.
 *
 * @param files what was read, sorted by path
 * @param failures what could not be read, sorted by path
 * @param total all files together
 * @param writtenBytes how many bytes were written, if files were compressed again
 * @param executors the memory of each executor
 */
record SparkReport(
        List<FileStats> files,
        List<Failure> failures,
        Report.Total total,
        long writtenBytes,
        List<ExecutorMemory> executors) {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build();

    static SparkReport of(List<Part> parts, List<Failure> failures, Duration duration, List<ExecutorMemory> executors) {
        List<Outcome> outcomes = Merge.of(parts);
        List<FileStats> files = sorted(FileStats.class, outcomes.stream());
        return new SparkReport(
                files,
                sorted(Failure.class, Stream.concat(failures.stream(), outcomes.stream())),
                Report.Total.of(files, duration),
                parts.stream().mapToLong(Part::written).sum(),
                executors);
    }

    private static <T extends Outcome> List<T> sorted(Class<T> type, Stream<? extends Outcome> outcomes) {
        return outcomes.filter(type::isInstance)
                .map(type::cast)
                .sorted(Comparator.comparing(Outcome::path))
                .toList();
    }

    void writeJson(PrintStream out) {
        JSON.writeValue(out, this);
        out.println();
    }
}
