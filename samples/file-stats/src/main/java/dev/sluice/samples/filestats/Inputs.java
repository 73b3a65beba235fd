package dev.sluice.samples.filestats;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * The files to read, and what could not even be looked at.
 *
 * <p>What is named is read, whatever it is: a file, a link to one, a pipe. Of a folder, all regular files beneath it are
 * read, and neither links nor special files. So nothing is read twice or for ever unless somebody asked for it.
 */
public final class Inputs {

    private final List<Path> files = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();
    private long bytes;

    /** Looks at what is named, and reads no content. */
    public static Inputs of(List<Path> named) {
        Inputs inputs = new Inputs();
        named.forEach(inputs::addNamed);
        return inputs;
    }

    /** The files, in the order in which they were found. */
    public List<Path> files() {
        return files;
    }

    /** What could not be looked at. */
    public List<Failure> failures() {
        return failures;
    }

    /** How long the files are together, as far as they say. */
    public long bytes() {
        return bytes;
    }

    private void addNamed(Path path) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                addFolder(path);
            } else {
                addFile(path, attributes);
            }
        } catch (IOException e) {
            failures.add(Failure.of(path, e));
        }
    }

    private void addFound(Path path) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isDirectory()) {
                addFolder(path);
            } else if (attributes.isRegularFile()) {
                addFile(path, attributes);
            }
        } catch (IOException e) {
            failures.add(Failure.of(path, e));
        }
    }

    private void addFile(Path path, BasicFileAttributes attributes) {
        files.add(path);
        bytes += attributes.size();
    }

    private void addFolder(Path folder) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(children::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        children.forEach(this::addFound);
    }
}
