package dev.sluice.flux;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The texts of this package: the same in every locale. */
final class Messages {

    private Messages() {}

    /** Formats a text; numbers have ASCII digits, and commas where the format asks for groups. */
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    static String message(String format, @Nullable Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
