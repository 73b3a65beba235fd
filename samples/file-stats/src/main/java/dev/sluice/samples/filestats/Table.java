package dev.sluice.samples.filestats;

import dev.sluice.samples.console.ByteSize;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * A report for people, in lines that hold 80 columns as long as the paths are short.
 *
 * @param out where it is printed
 */
public record Table(PrintStream out) {

    void print(Report report) {
        if (!report.files().isEmpty()) {
            print(report.files());
        }
        print(report.total());
        print(report.pool());
    }

    /** Prints two lines for each file. */
    public void print(List<FileStats> files) {
        int bytes = width("SHA-256", files, FileStats::bytes);
        int lines = width("Lines", files, FileStats::lines);
        int longest = width("Longest", files, FileStats::longestLine);
        String row = "%" + bytes + "s  %" + lines + "s  %" + longest + "s  %-8s  %s%n";
        String digestRow = "%" + bytes + "s  %s%n";
        out.printf(row, "Bytes", "Lines", "Longest", "CRC-32C", "File");
        for (FileStats file : files) {
            out.printf(
                    row,
                    grouped(file.bytes()),
                    grouped(file.lines()),
                    grouped(file.longestLine()),
                    file.crc32c(),
                    printable(file.path()));
            out.printf(digestRow, "SHA-256", file.sha256());
        }
        out.println();
    }

    /** Prints one line for all files together. */
    public void print(Report.Total total) {
        out.printf(
                Locale.ROOT,
                "%s, %s, %s in %.2f s: %s/s%n",
                counted(total.files(), "file"),
                counted(total.lines(), "line"),
                ByteSize.format(total.bytes()),
                total.seconds(),
                ByteSize.format(total.bytesPerSecond()));
    }

    private void print(Report.Pool pool) {
        out.printf(
                Locale.ROOT,
                "Pool: peak %s, %s of %s; %s given back%n      %s, %.1f %% hits%n",
                counted(pool.peakBuffers(), "buffer"),
                ByteSize.format(pool.peakBytes()),
                ByteSize.format(pool.maxBytes()),
                ByteSize.format(pool.bytesGivenBack()),
                counted(pool.acquisitions(), "lease"),
                Math.floor(1000 * pool.hitRate()) / 10);
    }

    private static int width(String heading, List<FileStats> files, ToLongFunction<FileStats> column) {
        long largest = files.stream().mapToLong(column).max().orElse(0);
        return Math.max(heading.length(), grouped(largest).length());
    }

    private static String counted(long number, String noun) {
        return grouped(number) + " " + noun + (number == 1 ? "" : "s");
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** A name may hold anything but a slash, line breaks and commands for the terminal included. */
    public static String printable(String path) {
        return path.replaceAll("\\p{Cntrl}", "?");
    }
}
