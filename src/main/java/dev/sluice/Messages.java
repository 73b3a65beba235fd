package dev.sluice;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Texts for engineers: the same in every locale. */
final class Messages {

    private Messages() {}

    /**
     * Formats a text.
     *
     * @param format as in {@link String#format(String, Object...)}
     * @param numbers what the text reports
     */
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    static String message(String format, @Nullable Object... numbers) {
        return String.format(Locale.ROOT, format, numbers);
    }
}
