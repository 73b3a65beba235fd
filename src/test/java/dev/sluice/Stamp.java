package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;

/**
 * Content that tells one buffer from another: written and verified through any view, which is left as it was. Of large
 * buffers only some bytes are stamped, the first and the last among them.
 */
final class Stamp {

    private static final int ALL_BYTES = 16 << 10;
    private static final int STRIDE = 1_021;

    private Stamp() {}

    static void write(ByteBuffer view, int stamp) {
        for (int i = 0; i < view.limit(); i = next(i, view.limit())) {
            view.put(i, expected(stamp, i));
        }
    }

    static void verify(ByteBuffer view, int stamp) {
        for (int i = 0; i < view.limit(); i = next(i, view.limit())) {
            if (view.get(i) != expected(stamp, i)) {
                assertThat(view.get(i))
                        .as("byte %,d of the buffer stamped %d", i, stamp)
                        .isEqualTo(expected(stamp, i));
            }
        }
    }

    private static int next(int index, int limit) {
        if (limit <= ALL_BYTES) {
            return index + 1;
        }
        return index == limit - 1 ? limit : Math.min(index + STRIDE, limit - 1);
    }

    private static byte expected(int stamp, int index) {
        return (byte) (31 * stamp + index + (index >>> 8));
    }
}
