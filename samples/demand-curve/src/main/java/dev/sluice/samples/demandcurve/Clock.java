package dev.sluice.samples.demandcurve;

import java.util.Locale;

/** Hours of the day as a clock shows them. */
final class Clock {

    private Clock() {}

    /** 13.25 is 13:15. */
    static String format(double hour) {
        long minutes = Math.round(hour * 60);
        return String.format(Locale.ROOT, "%02d:%02d", minutes / 60, minutes % 60);
    }
}
