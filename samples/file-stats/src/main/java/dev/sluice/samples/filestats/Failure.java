package dev.sluice.samples.filestats;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A file or folder that could not be read.
 *
 * @param path the file or folder, as it was named or found
 * @param error why
 */
public record Failure(String path, String error) implements Outcome {

    /** Says why in the words that people meet most. */
    public static Failure of(Path path, Exception cause) {
        return new Failure(path.toString(), reason(cause));
    }

    /** The JDK's messages repeat the path; the two that people meet most say nothing else. */
    private static String reason(Exception cause) {
        if (cause instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (cause instanceof FileSystemException named && named.getReason() != null) {
            return named.getReason();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
