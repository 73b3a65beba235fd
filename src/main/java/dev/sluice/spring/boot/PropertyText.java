package dev.sluice.spring.boot;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Texts for logs, errors and health checks: the same in every locale, so that a value can be copied. */
final class PropertyText {

    private PropertyText() {}

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    static String message(String format, @Nullable Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
