package dev.sluice;

/**
 * The sizes that slots come in: 64 bytes, then four steps to each doubling, up to 4 MiB.
 *
 * <pre>{@code
 *   index   0    1    2    3    4    5    6    7    8   ...       64
 *   bytes  64   80   96  112  128  160  192  224  256   ...  4194304
 * }</pre>
 *
 * A size just above one class takes the next, a quarter of a doubling away: at worst 20 % of the slot is waste, 7.9 %
 * on average over sizes spread evenly. Below 64 bytes the waste is at most 63 bytes.
 */
final class SizeClasses {

    static final int SMALLEST = 64;
    static final int LARGEST = 4 << 20;

    private static final int STEPS_LOG2 = 2;
    private static final int STEPS = 1 << STEPS_LOG2;
    private static final int SMALLEST_LOG2 = 6;

    static final int COUNT = indexOf(LARGEST) + 1;

    private SizeClasses() {}

    /**
     * Finds the smallest class that holds a size.
     *
     * @param size from 1 to {@link #LARGEST}
     */
    static int indexOf(int size) {
        int last = Math.max(size, SMALLEST) - 1;
        int log2 = 31 - Integer.numberOfLeadingZeros(last);
        int step = (last >>> (log2 - STEPS_LOG2)) & (STEPS - 1);
        return ((log2 - SMALLEST_LOG2) << STEPS_LOG2) + step + 1;
    }

    static int bytesOf(int index) {
        if (index == 0) {
            return SMALLEST;
        }
        int log2 = SMALLEST_LOG2 + ((index - 1) >>> STEPS_LOG2);
        int step = (index - 1) & (STEPS - 1);
        return (STEPS + step + 1) << (log2 - STEPS_LOG2);
    }
}
