package dev.sluice.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Changes inputs a little, in the ways that find most: bits, bytes, blocks, words of the format, and parts of others. */
final class Mutator {

    private static final int LONGEST = 4_096;
    private static final int[] EDGES = {0, 1, 0x0A, 0x0D, 0x20, 0x7F, 0x80, 0xFE, 0xFF};

    private final Random random;
    private final List<byte[]> words;

    Mutator(Random random, List<byte[]> words) {
        this.random = random;
        this.words = words;
    }

    /** One to eight changes of one input. */
    byte[] mutate(List<byte[]> corpus) {
        byte[] input = corpus.get(random.nextInt(corpus.size()));
        for (int changes = 1 << random.nextInt(4); changes > 0; changes--) {
            input = change(input, corpus);
        }
        return input.length > LONGEST ? Arrays.copyOf(input, LONGEST) : input;
    }

    private byte[] change(byte[] input, List<byte[]> corpus) {
        int at = random.nextInt(input.length + 1);
        int to = at + random.nextInt(Math.min(64, input.length - at) + 1);
        return switch (random.nextInt(7)) {
            case 0 -> with(input, at, b -> b ^ 1 << random.nextInt(8));
            case 1 -> with(input, at, b -> random.nextInt(256));
            case 2 -> with(input, at, b -> EDGES[random.nextInt(EDGES.length)]);
            case 3 -> join(input, at, new byte[0], to);
            case 4 -> join(input, at, Arrays.copyOfRange(input, at, to), at);
            case 5 -> join(input, at, words.isEmpty() ? new byte[1] : words.get(random.nextInt(words.size())), at);
            default -> splice(input, at, corpus.get(random.nextInt(corpus.size())));
        };
    }

    private interface ByteChange {
        int of(int old);
    }

    private static byte[] with(byte[] input, int at, ByteChange change) {
        byte[] copy = input.clone();
        if (at < copy.length) {
            copy[at] = (byte) change.of(copy[at]);
        }
        return copy;
    }

    /** The beginning of one, something between, and the rest from an index on. */
    private static byte[] join(byte[] input, int end, byte[] between, int from) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(input, 0, end);
        joined.writeBytes(between);
        joined.write(input, from, input.length - from);
        return joined.toByteArray();
    }

    private byte[] splice(byte[] input, int at, byte[] other) {
        int from = random.nextInt(other.length + 1);
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(input, 0, at);
        joined.write(other, from, other.length - from);
        return joined.toByteArray();
    }
}
