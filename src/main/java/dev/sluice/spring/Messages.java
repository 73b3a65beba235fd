package dev.sluice.spring;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Texts for engineers and machines: the same in every locale. */
final class Messages {

    private Messages() {}

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
    static String message(String format, @Nullable Object... numbers) {
        return String.format(Locale.ROOT, format, numbers);
    }
}
