package dev.sluice.samples.sparkfiles;

import dev.sluice.samples.filestats.Failure;
import dev.sluice.samples.filestats.Inputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file that the driver has found and has not read.
 *
 * @param path the file
 * @param bytes how long it says it is
 * @param root what was named on the command line and led to it
 */
record Listed(String path, long bytes, Path root) {

    private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

    /** What the command line names: the files, and what could not be looked at. */
    record Listing(List<Listed> files, List<Failure> failures) {

        long bytes() {
            return files.stream().mapToLong(Listed::bytes).sum();
        }
    }

    boolean isCompressed() {
        return path.endsWith(".gz");
    }

    /** Looks at files, folders and patterns such as {@code logs/*.gz}; reads no content. A file named twice is there once. */
    static Listing of(List<String> named) {
        Map<String, Listed> files = new LinkedHashMap<>();
        List<Failure> failures = new ArrayList<>();
        for (String each : named) {
            try {
                for (Path path : expanded(each)) {
                    Inputs inputs = Inputs.of(List.of(path));
                    failures.addAll(inputs.failures());
                    for (Path file : inputs.files()) {
                        Path absolute = file.toAbsolutePath().normalize();
                        files.putIfAbsent(
                                absolute.toString(),
                                new Listed(absolute.toString(), Files.size(absolute), path.toAbsolutePath()));
                    }
                }
            } catch (IOException e) {
                failures.add(Failure.of(Path.of(each), e));
            } catch (UncheckedIOException e) {
                failures.add(Failure.of(Path.of(each), e.getCause()));
            }
        }
        return new Listing(List.copyOf(files.values()), failures);
    }

    /** A file may have a name that looks like a pattern: then the file is meant. */
    private static List<Path> expanded(String named) throws IOException {
        if (!WILDCARD.matcher(named).find() || Files.exists(Path.of(named))) {
            return List.of(Path.of(named));
        }
        Path base = FileSystems.getDefault().getPath("").toAbsolutePath();
        String pattern = named.startsWith("/") ? named : base + "/" + named;
        String fixed = pattern.substring(0, pattern.lastIndexOf('/', firstWildcard(pattern)) + 1);
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        try (Stream<Path> found = Files.walk(Path.of(fixed), FileVisitOption.FOLLOW_LINKS)) {
            List<Path> paths = found.filter(matcher::matches).sorted().toList();
            if (paths.isEmpty()) {
                throw new NoSuchFileException(named);
            }
            return paths;
        }
    }

    private static int firstWildcard(String pattern) {
        var matcher = WILDCARD.matcher(pattern);
        return matcher.find() ? matcher.start() : pattern.length();
    }
}
