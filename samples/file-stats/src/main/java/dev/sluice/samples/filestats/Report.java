package dev.sluice.samples.filestats;

import dev.sluice.PoolStats;
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
 * All that a run has to say. The components of these records are the fields of the JSON, in this order.
 *
 * @param files what was read, sorted by path
 * @param failures what could not be read, sorted by path
 * @param total all files together
 * @param pool what the pool did
 */
public record Report(List<FileStats> files, List<Failure> failures, Total total, Pool pool) {

    /**
     * All files together.
     *
     * @param files how many were read
     * @param bytes the sum of their bytes
     * @param lines the sum of their lines
     * @param longestLine the longest line of all
     * @param seconds how long the reading took
     * @param bytesPerSecond the throughput
     */
    public record Total(int files, long bytes, long lines, long longestLine, double seconds, long bytesPerSecond) {

        /** Adds up what was read in a time. */
        public static Total of(List<FileStats> files, Duration duration) {
            long bytes = files.stream().mapToLong(FileStats::bytes).sum();
            double seconds = duration.toNanos() / 1e9;
            return new Total(
                    files.size(),
                    bytes,
                    files.stream().mapToLong(FileStats::lines).sum(),
                    files.stream().mapToLong(FileStats::longestLine).max().orElse(0),
                    seconds,
                    seconds == 0 ? 0 : Math.round(bytes / seconds));
        }
    }

    /**
     * What the pool did, from its making to its closing.
     *
     * @param maxBytes its budget
     * @param peakBytes the most bytes it ever had, in use and idle; at most the budget
     * @param peakBuffers the most buffers it ever had
     * @param acquisitions how many buffers were leased, one after the other
     * @param hits how many of them were free when they were asked for
     * @param hitRate {@code hits / acquisitions}
     * @param bytesGivenBack the memory it gave back to the system
     * @param buffersInUse how many buffers nobody released: 0
     */
    public record Pool(
            long maxBytes,
            long peakBytes,
            long peakBuffers,
            long acquisitions,
            long hits,
            double hitRate,
            long bytesGivenBack,
            long buffersInUse) {

        private static Pool of(PoolStats stats) {
            return new Pool(
                    stats.limitBytes(),
                    stats.peakBytes(),
                    stats.peakAllocation(),
                    stats.totalAcquisitions(),
                    stats.hits(),
                    stats.hitRate(),
                    stats.shrunkBytes() + stats.reclaimedBytes(),
                    stats.buffersInUse());
        }
    }

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build();

    static Report of(List<Outcome> outcomes, List<Failure> failures, Duration duration, PoolStats pool) {
        List<FileStats> files = sorted(FileStats.class, outcomes.stream());
        List<Failure> allFailures = sorted(Failure.class, Stream.concat(failures.stream(), outcomes.stream()));
        return new Report(files, allFailures, Total.of(files, duration), Pool.of(pool));
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
