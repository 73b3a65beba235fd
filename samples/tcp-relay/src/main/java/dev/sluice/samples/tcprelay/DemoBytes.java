package dev.sluice.samples.tcprelay;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;

/** The bytes of the demonstration: random, but everybody knows which one comes where. */
final class DemoBytes {

    /** Prime, so that no part that is left out or sent twice goes unnoticed. */
    private static final int PERIOD = 65_521;

    private static final byte[] RANDOM = new byte[PERIOD];

    static {
        new Random(1).nextBytes(RANDOM);
    }

    private DemoBytes() {}

    /** Fills with what comes at a position. */
    static void fill(byte[] target, long position) {
        for (int filled = 0; filled < target.length; ) {
            int from = (int) ((position + filled) % PERIOD);
            int length = Math.min(target.length - filled, PERIOD - from);
            System.arraycopy(RANDOM, from, target, filled, length);
            filled += length;
        }
    }

    /** Fails unless this is what comes at a position. */
    static void check(byte[] content, int length, long position) throws IOException {
        for (int checked = 0; checked < length; ) {
            int from = (int) ((position + checked) % PERIOD);
            int next = Math.min(length - checked, PERIOD - from);
            int wrong = Arrays.mismatch(content, checked, checked + next, RANDOM, from, from + next);
            if (wrong >= 0) {
                throw new IOException("the byte at position %,d is wrong".formatted(position + checked + wrong));
            }
            checked += next;
        }
    }
}
