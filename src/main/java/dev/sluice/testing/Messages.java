package dev.sluice.testing;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Messages for engineers: the same in every locale. */
final class Messages {

    private Messages() {}

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    static String message(String format, @Nullable Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
