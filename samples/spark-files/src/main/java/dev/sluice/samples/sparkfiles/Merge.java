package dev.sluice.samples.sparkfiles;

import dev.sluice.samples.filestats.Failure;
import dev.sluice.samples.filestats.FileStats;
import dev.sluice.samples.filestats.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.util.CrcComposer;
import org.apache.hadoop.util.DataChecksum;

/**
 * Makes one outcome of the parts of each file. The parts of a file follow one another without a gap and each begins with
 * a line, so bytes and lines add up, the longest line is the longest of any part, and the checksum is composed.
 */
final class Merge {

    private Merge() {}

    /** The outcomes, in the order in which the files first appear. */
    static List<Outcome> of(List<Part> parts) {
        Map<String, List<Part>> byFile = new LinkedHashMap<>();
        parts.forEach(part -> byFile.computeIfAbsent(part.work().path(), path -> new ArrayList<>())
                .add(part));
        List<Outcome> outcomes = new ArrayList<>();
        byFile.forEach((path, ofFile) ->
                outcomes.add(ofFile.size() == 1 ? ofFile.get(0).outcome() : merged(path, ofFile)));
        return outcomes;
    }

    private static Outcome merged(String path, List<Part> parts) {
        long bytes = 0;
        long lines = 0;
        long longest = 0;
        String sha256 = "";
        long digested = 0;
        CrcComposer crc = CrcComposer.newCrcComposer(DataChecksum.Type.CRC32C, 0);
        for (Part part : sorted(parts)) {
            if (part.outcome() instanceof Failure failure) {
                return failure;
            }
            FileStats stats = (FileStats) part.outcome();
            if (part.work().kind() == Work.Kind.DIGEST) {
                sha256 = stats.sha256();
                digested = stats.bytes();
            } else {
                bytes += stats.bytes();
                lines += stats.lines();
                longest = Math.max(longest, stats.longestLine());
                crc.update(HexFormat.fromHexDigits(stats.crc32c()), stats.bytes());
            }
        }
        if (bytes != digested) {
            return new Failure(
                    path,
                    String.format(
                            Locale.ROOT,
                            "it changed while it was read: its parts have %,d bytes together, its digest is of %,d",
                            bytes,
                            digested));
        }
        return new FileStats(path, bytes, lines, longest, HexFormat.of().formatHex(crc.digest()), sha256);
    }

    private static List<Part> sorted(List<Part> parts) {
        return parts.stream()
                .sorted(Comparator.comparingLong((Part part) -> part.work().offset()))
                .toList();
    }
}
