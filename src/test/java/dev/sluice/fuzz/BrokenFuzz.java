package dev.sluice.fuzz;

import java.util.List;

/** Breaks on inputs that begin with four certain bytes, each looked at only after the one before. */
public final class BrokenFuzz implements FuzzTarget {

    private static final byte[] WORD = {'S', 'l', 'u', 'i'};

    private int matched;

    @Override
    public void accept(byte[] input) {
        if (is(input, 0)) {
            matched++;
            if (is(input, 1)) {
                matched++;
                if (is(input, 2)) {
                    matched++;
                    if (is(input, 3)) {
                        throw new IllegalStateException("found after " + matched);
                    }
                }
            }
        }
    }

    private static boolean is(byte[] input, int i) {
        return input.length > i && input[i] == WORD[i];
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(new byte[8]);
    }
}
