package dev.sluice.testing;

import java.nio.ByteBuffer;

/**
 * A content that tells one buffer from another, and each place in it from every other: the byte at an index is the low
 * byte of a mixed (number, index). Written and compared through any view, which is left as it was.
 *
 * @param number which content; {@link #POISON} is that of buffers that nobody has
 */
record StampedContent(int number) {

    static final StampedContent POISON = new StampedContent(0);

    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    void write(ByteBuffer view) {
        for (int i = 0; i < view.limit(); i++) {
            view.put(i, at(i));
        }
    }

    /** The first index of a view at which it is not this content from an offset on; its limit if it is. */
    int mismatch(ByteBuffer view, int offset) {
        int i = 0;
        while (i < view.limit() && view.get(i) == at(offset + i)) {
            i++;
        }
        return i;
    }

    /** Whether a view is a part of the first bytes of this content. */
    boolean has(ByteBuffer part, int length) {
        for (int offset = 0; offset + part.limit() <= length; offset++) {
            if (mismatch(part, offset) == part.limit()) {
                return true;
            }
        }
        return false;
    }

    byte at(int index) {
        long mixed = ((long) number << 32 | index) * GOLDEN;
        return (byte) (mixed >>> 40 ^ mixed >>> 56);
    }
}
