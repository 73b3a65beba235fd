package dev.sluice;

import java.util.Locale;

/** Numbers as messages show them: grouped by commas, in every locale. */
final class Numbers {

    private Numbers() {}

    static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
