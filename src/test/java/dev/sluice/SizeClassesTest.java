package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The sizes that buffers come in, and what they waste at worst and on average. */
class SizeClassesTest {

    /** Over the sizes of one doubling, in the limit of large ones: on average half a step of each of four classes. */
    private static final double MEAN_WASTE = (1 / 5.0 + 1 / 6.0 + 1 / 7.0 + 1 / 8.0) / 8;

    @Test
    void everySizeMapsToTheSmallestClassThatHoldsIt() {
        int index = 0;
        for (int size = 1; size <= SizeClasses.LARGEST; size++) {
            if (size > SizeClasses.bytesOf(index)) {
                index++;
            }
            if (SizeClasses.indexOf(size) != index) {
                assertThat(SizeClasses.indexOf(size))
                        .as("class of %,d bytes", size)
                        .isEqualTo(index);
            }
        }
        assertThat(index).as("the last class").isEqualTo(SizeClasses.COUNT - 1);
    }

    @Test
    void classesGrowFromTheSmallestToTheLargest() {
        assertThat(SizeClasses.bytesOf(0)).isEqualTo(SizeClasses.SMALLEST).isEqualTo(64);
        for (int index = 1; index < SizeClasses.COUNT; index++) {
            assertThat(SizeClasses.bytesOf(index))
                    .as("class %d", index)
                    .isGreaterThan(SizeClasses.bytesOf(index - 1))
                    .isLessThanOrEqualTo(SizeClasses.bytesOf(index - 1) * 5 / 4);
        }
        assertThat(SizeClasses.bytesOf(SizeClasses.COUNT - 1))
                .isEqualTo(SizeClasses.LARGEST)
                .isEqualTo(4 << 20);
    }

    @Test
    void everyDoublingHasFourClassesAndEndsOnAPowerOfTwo() {
        for (int index = 0; index < SizeClasses.COUNT; index += 4) {
            assertThat(SizeClasses.bytesOf(index)).isEqualTo(SizeClasses.SMALLEST << (index / 4));
        }
    }

    @Test
    void everyClassIsAMultipleOf16SoThatSlotsAreAligned() {
        for (int index = 0; index < SizeClasses.COUNT; index++) {
            assertThat(SizeClasses.bytesOf(index) % 16).as("class %d", index).isZero();
        }
    }

    @Test
    void below64BytesAtMost63AreWasted() {
        for (int size = 1; size <= 64; size++) {
            assertThat(SizeClasses.bytesOf(SizeClasses.indexOf(size)) - size).isBetween(0, 63);
        }
    }

    @Test
    void above64BytesAtMostAFifthIsWastedAndOnAverageLessThanATwelfth() {
        for (int doubling = 64; doubling < SizeClasses.LARGEST; doubling *= 2) {
            double sum = 0;
            double worst = 0;
            for (int size = doubling + 1; size <= 2 * doubling; size++) {
                double bytes = SizeClasses.bytesOf(SizeClasses.indexOf(size));
                double waste = (bytes - size) / bytes;
                sum += waste;
                worst = Math.max(worst, waste);
            }
            assertThat(worst).as("worst waste from %,d bytes on", doubling).isLessThanOrEqualTo(0.20);
            assertThat(sum / doubling)
                    .as("mean waste from %,d bytes on", doubling)
                    .isLessThanOrEqualTo(MEAN_WASTE);
        }
    }
}
