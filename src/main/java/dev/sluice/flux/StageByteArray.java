package dev.sluice.flux;

import java.nio.charset.Charset;
import java.util.Arrays;

/** Bytes on their way into a string: an array that grows. */
final class StageByteArray {

    private final int maxBytes;
    private byte[] array = new byte[0];
    private int length;

    /**
     * Starts with nothing.
     *
     * @param maxBytes how many bytes there will be at most, so that the array grows no further
     */
    StageByteArray(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    int length() {
        return length;
    }

    /** Makes the content longer; the new bytes are for the caller to write, at the end of it. */
    byte[] grow(int more) {
        int sum = Math.addExact(length, more);
        if (sum > array.length) {
            array = Arrays.copyOf(array, (int) Math.max(sum, Math.min(2L * sum, maxBytes)));
        }
        length = sum;
        return array;
    }

    void add(byte[] source, int from, int more) {
        byte[] target = grow(more);
        System.arraycopy(source, from, target, length - more, more);
    }

    boolean endsWith(byte value) {
        return length > 0 && array[length - 1] == value;
    }

    /** Decodes the content but for its last bytes, and starts with nothing again. */
    String takeString(Charset charset, int dropped) {
        String text = new String(array, 0, length - dropped, charset);
        length = 0;
        return text;
    }
}
