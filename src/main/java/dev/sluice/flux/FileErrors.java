package dev.sluice.flux;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Makes every I/O error name the path that the user gave: the JDK's own often name none, or a temporary file. */
final class FileErrors {

    private FileErrors() {}

    static FileSystemException naming(Path path, IOException error) {
        String name = path.toString();
        if (error instanceof FileSystemException known && name.equals(known.getFile())) {
            return known;
        }
        return copyOf(name, error, reason(error));
    }

    /** Closes a file; what that throws names the path. */
    static void close(Path path, Closeable file) throws IOException {
        try {
            file.close();
        } catch (IOException e) {
            throw naming(path, e);
        }
    }

    /**
     * The same, with more to say.
     *
     * @param advice what to do about it, after the reason
     */
    static FileSystemException naming(Path path, IOException error, String advice) {
        FileSystemException named = copyOf(path.toString(), error, reason(error) + "; " + advice);
        for (Throwable suppressed : error.getSuppressed()) {
            named.addSuppressed(suppressed);
        }
        return named;
    }

    /** Keeps the types that programs tell apart. */
    private static FileSystemException copyOf(String name, IOException error, String reason) {
        FileSystemException named;
        if (error instanceof NoSuchFileException) {
            named = new NoSuchFileException(name, null, reason);
        } else if (error instanceof AccessDeniedException) {
            named = new AccessDeniedException(name, null, reason);
        } else if (error instanceof FileAlreadyExistsException) {
            named = new FileAlreadyExistsException(name, null, reason);
        } else {
            named = new FileSystemException(name, null, reason);
        }
        named.initCause(error);
        return named;
    }

    private static String reason(IOException error) {
        if (error instanceof FileSystemException known && known.getReason() != null) {
            return known.getReason();
        }
        return error.getMessage() == null ? error.toString() : error.getMessage();
    }
}
