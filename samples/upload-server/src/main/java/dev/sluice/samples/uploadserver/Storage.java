package dev.sluice.samples.uploadserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder that the files are in. Only regular files count, and of these only such as can be asked for by name.
 *
 * @param folder the folder
 */
record Storage(Path folder) {

    /** What is left alone on the disk. */
    private static final long RESERVE_BYTES = 16 << 20;

    /**
     * A file that is there.
     *
     * @param name how it is asked for
     * @param bytes how long it is
     * @param modified when it was stored
     */
    record Stored(String name, long bytes, Instant modified) {

        /** Another for each content, as far as length and time tell. */
        String tag() {
            return "\"%x-%x\"".formatted(bytes, modified.toEpochMilli());
        }
    }

    static Storage in(Path folder) throws IOException {
        return new Storage(Files.createDirectories(folder).toRealPath());
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    /** Refuses with 404 what is not there. */
    Stored find(String name) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw missing(name);
        }
        if (!attributes.isRegularFile()) {
            throw missing(name);
        }
        return new Stored(
                name,
                attributes.size(),
                attributes.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.MILLIS));
    }

    boolean has(String name) {
        return Files.exists(path(name), LinkOption.NOFOLLOW_LINKS);
    }

    List<Stored> list() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .flatMap(this::found)
                    .sorted(Comparator.comparing(Stored::name))
                    .toList();
        }
    }

    private Stream<Stored> found(String name) {
        try {
            return Stream.of(find(name));
        } catch (IOException | Refusal e) {
            return Stream.empty(); // a link or a folder, or deleted meanwhile
        }
    }

    void delete(String name) throws IOException {
        find(name);
        Files.deleteIfExists(path(name));
    }

    /** How much can still be stored. */
    long room() throws IOException {
        return Math.max(0, Files.getFileStore(folder).getUsableSpace() - RESERVE_BYTES);
    }

    private static Refusal missing(String name) {
        return new Refusal(404, "there is no file '%s'", name);
    }
}
