package dev.sluice.samples.sparkfiles;

import dev.sluice.samples.filestats.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where each file goes that is compressed again: beneath the target as it lay beneath what was named. */
final class Recompression {

    private Recompression() {}

    /**
     * Plans the work.
     *
     * @param failures to which files are added of which two would become one
     */
    static List<Work> of(List<Listed> files, Path target, List<Failure> failures) {
        Map<Path, String> sources = new HashMap<>();
        List<Work> work = new ArrayList<>();
        for (Listed file : files) {
            Path to = target.toAbsolutePath().resolve(nameOf(file));
            String other = sources.putIfAbsent(to, file.path());
            if (other == null) {
                work.add(Work.recompress(file.path(), file.bytes(), to.toString()));
            } else if (!other.equals(file.path())) {
                failures.add(new Failure(file.path(), "it would become " + to + ", and so would " + other));
            }
        }
        return work;
    }

    private static String nameOf(Listed file) {
        Path path = Path.of(file.path());
        Path root = file.root().normalize();
        Path name = Files.isDirectory(root) ? root.relativize(path) : path.getFileName();
        return file.isCompressed() ? name.toString() : name + ".gz";
    }
}
