package dev.sluice.flux;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;

/** Chooses the sink of a path by what is there and by the options. */
final class SinkPath {

    private SinkPath() {}

    static ByteSink open(Path path, Set<WriteOption> options) throws IOException {
        if (options.contains(WriteOption.CREATE_NEW) && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(path.toString());
        }
        FileKind kind = FileKind.of(path);
        if (kind == FileKind.DIRECTORY) {
            throw FileKind.isDirectory(path);
        } else if (kind == FileKind.PIPE) {
            return SinkPipe.open(path);
        }
        if (options.contains(WriteOption.CREATE_PARENTS)) {
            createParents(path);
        }
        if (options.contains(WriteOption.APPEND)) {
            return SinkOpenFile.appending(path, options);
        }
        return options.contains(WriteOption.IN_PLACE) ? SinkInPlace.open(path, options) : SinkFile.open(path, options);
    }

    /** Asks first, because Java 17 refuses a symbolic link to a directory. */
    private static void createParents(Path path) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null || Files.isDirectory(directory)) {
            return;
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw FileErrors.naming(path, e, "its directory cannot be made");
        }
    }
}
