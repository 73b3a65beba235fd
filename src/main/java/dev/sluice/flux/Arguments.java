package dev.sluice.flux;

/** What an operator refuses when it is assembled. */
final class Arguments {

    private Arguments() {}

    static void atLeast(long least, long number, String what) {
        if (number < least) {
            throw new IllegalArgumentException("%s must be at least %,d, not %,d".formatted(what, least, number));
        }
    }
}
