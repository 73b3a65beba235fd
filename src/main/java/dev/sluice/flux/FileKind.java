package dev.sluice.flux;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** What is at a path, at the end of all symbolic links: every source and sink of a path asks here how to treat it. */
enum FileKind {

    /** Nothing, or a link to nothing. */
    MISSING,

    /** Content with a length and positions: a file, an entry of a zip, a disk. */
    FILE,

    DIRECTORY,

    /** Bytes that come and go, without a length and positions: a FIFO, a terminal, {@code /dev/null}. */
    PIPE;

    private static final int TYPE_MASK = 0xF000;
    private static final int BLOCK_DEVICE = 0x6000;

    static FileKind of(Path path) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                return DIRECTORY;
            }
            return attributes.isOther() && !isBlockDevice(path) ? PIPE : FILE;
        } catch (NoSuchFileException e) {
            return MISSING;
        } catch (IOException e) {
            return FILE; // opening it will say what is wrong
        }
    }

    private static boolean isBlockDevice(Path path) throws IOException {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix")
                && Files.getAttribute(path, "unix:mode") instanceof Integer mode
                && (mode & TYPE_MASK) == BLOCK_DEVICE;
    }

    static FileSystemException isDirectory(Path path) {
        return new FileSystemException(path.toString(), null, "is a directory");
    }
}
