package dev.sluice.samples.demandcurve;

import java.time.Duration;

/**
 * Readers of one kind, who come and go at certain hours of the day.
 *
 * @param name what they are doing
 * @param fromHour when the first of them comes
 * @param toHour when the last of them leaves
 * @param rampHours how long it takes until all have come, and until all have gone again
 * @param readers how many they are in between
 * @param chunkBytes how much they read at a time
 * @param window how many buffers each of them requests, and holds
 * @param hold how long each buffer is held on average, on the clock of the machine
 */
record Shift(
        String name,
        double fromHour,
        double toHour,
        double rampHours,
        int readers,
        int chunkBytes,
        int window,
        Duration hold) {

    /** How many readers there should be at an hour of the day. */
    int readersAt(double hour) {
        double sinceEdge = Math.min(hour - fromHour, toHour - hour);
        if (sinceEdge < 0) {
            return 0;
        }
        return (int) Math.ceil(readers * (rampHours == 0 ? 1 : Math.min(1, sinceEdge / rampHours)));
    }

    /** What all of them together want to have in their hands. */
    long wantedBytes() {
        return (long) readers * window * chunkBytes;
    }
}
