package dev.sluice.testing;

import java.util.Locale;

/** Messages for engineers: the same in every locale. */
final class Text {

    private Text() {}

    static String message(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
