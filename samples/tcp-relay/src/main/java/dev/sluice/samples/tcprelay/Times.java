package dev.sluice.samples.tcprelay;

import java.util.Locale;

/** Times as people read them. */
final class Times {

    private Times() {}

    /** 75 is 1:15, and 3675 is 1:01:15. */
    static String clock(double seconds) {
        long whole = (long) seconds;
        return whole < 3_600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3_600, whole / 60 % 60, whole % 60);
    }
}
