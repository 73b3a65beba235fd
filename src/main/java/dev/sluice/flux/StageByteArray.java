package dev.sluice.flux;

import java.nio.charset.Charset;
import java.util.Arrays;

/** Bytes on their way into a string: an array that grows. */
final class StageByteArray {

    /** The longest array that every JVM can make. */
    static final int MAX_BYTES = Integer.MAX_VALUE - 8;

    private final int maxBytes;
    private byte[] array = new byte[0];
    private int length;

    /**
     * Starts with nothing.
     *
     * @param maxBytes how many bytes there will be at most, so that the array grows no further
     */
    StageByteArray(int maxBytes) {
        this.maxBytes = Math.min(maxBytes, MAX_BYTES);
    }

    int length() {
        return length;
    }

    /**
     * Makes the content longer; the new bytes are for the caller to write, at the end of it.
     *
     * @throws ByteLimitException if no array is that long
     * @throws IllegalStateException if the heap has no room for it
     */
    byte[] grow(int more) throws ByteLimitException {
        long sum = (long) length + more;
        if (sum > MAX_BYTES) {
            throw new ByteLimitException("the text", MAX_BYTES, 0);
        }
        if (sum > array.length) {
            array = copy((int) sum);
        }
        length = (int) sum;
        return array;
    }

    /** Twice as long as needed, so that growing stays linear; or just as long, if the heap has no room for more. */
    private byte[] copy(int needed) {
        int wanted = (int) Math.max(needed, Math.min(2L * needed, maxBytes));
        try {
            return Arrays.copyOf(array, wanted);
        } catch (OutOfMemoryError e) {
            return copyExactly(needed);
        }
    }

    private byte[] copyExactly(int needed) {
        try {
            return Arrays.copyOf(array, needed);
        } catch (OutOfMemoryError e) {
            throw noRoom(needed, e);
        }
    }

    private static IllegalStateException noRoom(int bytes, OutOfMemoryError error) {
        return new IllegalStateException(
                Messages.message("the heap has no room for a text of %,d bytes", bytes), error);
    }

    void add(byte[] source, int from, int more) throws ByteLimitException {
        byte[] target = grow(more);
        System.arraycopy(source, from, target, length - more, more);
    }

    boolean endsWith(byte value) {
        return length > 0 && array[length - 1] == value;
    }

    /**
     * Decodes the content but for its last bytes, and starts with nothing again.
     *
     * @throws IllegalStateException if the heap has no room for the string
     */
    String takeString(Charset charset, int dropped) {
        int taken = length - dropped;
        length = 0;
        try {
            return new String(array, 0, taken, charset);
        } catch (OutOfMemoryError e) {
            throw noRoom(taken, e);
        }
    }
}
