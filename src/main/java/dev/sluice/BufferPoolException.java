package dev.sluice;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a pool throws: unchecked, and sealed, so that a {@code switch} over the causes can be complete. */
public abstract sealed class BufferPoolException extends RuntimeException
        permits InvalidSizeException,
                PoolExhaustedException,
                PoolConfigException,
                PoolClosedException,
                BufferReleasedException {

    private static final long serialVersionUID = 1L;

    /** Formats a text for engineers: the same in every locale. */
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    static String message(String format, @Nullable Object... numbers) {
        return String.format(Locale.ROOT, format, numbers);
    }

    BufferPoolException(String message) {
        super(message);
    }

    BufferPoolException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
