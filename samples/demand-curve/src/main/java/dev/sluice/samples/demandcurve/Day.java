package dev.sluice.samples.demandcurve;

import java.time.Duration;
import java.util.List;

/** What happens when: silence, bursts, people at work, slow consumers, and a change of chunk size. */
final class Day {

    static final double HOURS = 24;

    static final List<Shift> SHIFTS = List.of(
            shift("backup", 1, 3, 0, 100, 256 << 10, 8, 600),
            shift("office", 7, 12.5, 2, 100, 64 << 10, 8, 300),
            shift("peak", 8.6, 8.9, 0, 96, 64 << 10, 8, 300),
            shift("peak", 9.8, 10.1, 0, 144, 64 << 10, 8, 300),
            shift("peak", 11, 11.3, 0, 192, 64 << 10, 8, 300),
            shift("slow consumers", 13, 15.5, 0.5, 280, 64 << 10, 8, 3_000),
            shift("1 MiB chunks", 16, 17.5, 0, 40, 1 << 20, 8, 600),
            shift("128 KiB chunks", 17.5, 19, 0, 220, 128 << 10, 8, 600));

    /** Where the picture says what is going on. */
    static final List<Label> LABELS = List.of(
            new Label(2, "backup"),
            new Label(5, "silence"),
            new Label(9.9, "office"),
            new Label(14.25, "slow\nconsumers"),
            new Label(16.75, "1 MiB\nchunks"),
            new Label(18.25, "128 KiB\nchunks"),
            new Label(21.5, "silence"));

    private Day() {}

    /**
     * Words at an hour.
     *
     * @param hour the middle of what they describe
     * @param text one or two lines
     */
    record Label(double hour, String text) {}

    private static Shift shift(
            String name, double from, double to, double ramp, int readers, int chunkBytes, int window, int holdMillis) {
        return new Shift(name, from, to, ramp, readers, chunkBytes, window, Duration.ofMillis(holdMillis));
    }

    /** What is going on at an hour, for the terminal. */
    static String at(double hour) {
        return SHIFTS.stream()
                .filter(shift -> shift.readersAt(hour) > 0)
                .map(Shift::name)
                .distinct()
                .reduce((one, other) -> one + " and " + other)
                .orElse("silence");
    }

    static int largestChunkBytes() {
        return SHIFTS.stream().mapToInt(Shift::chunkBytes).max().orElseThrow();
    }
}
