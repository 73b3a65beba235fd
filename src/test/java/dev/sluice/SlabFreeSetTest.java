package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The free set of a slab, as one thread sees it: a set, whichever of its words a bit is in. */
class SlabFreeSetTest {

    private static final long ALL = -1L;

    private static SlabFreeSet of(long bits) {
        return new SlabFreeSet(bits) {};
    }

    @Test
    void givesEveryBitOnceLowestFirst() {
        SlabFreeSet set = of(ALL);
        for (int i = 0; i < 64; i++) {
            assertThat(set.takeIndex()).isEqualTo(i);
        }
        assertThat(set.takeIndex()).isEqualTo(SlabFreeSet.EMPTY);
        assertThat(set.isEmpty()).isTrue();
        assertThat(set.free()).isZero();
    }

    @Test
    void givesAgainWhatCameBack() {
        SlabFreeSet set = of(0);
        for (int index : new int[] {0, 5, 63}) {
            assertThat(set.giveBackIndex(index)).as("nothing was there before").isTrue();
            assertThat(set.isEmpty()).isFalse();
            assertThat(set.takeIndex()).isEqualTo(index);
            assertThat(set.takeIndex()).isEqualTo(SlabFreeSet.EMPTY);
        }
    }

    @Test
    void saysToTheFirstReleaserOnlyThatNothingWasThere() {
        SlabFreeSet set = of(0);
        assertThat(set.giveBackIndex(9)).isTrue();
        assertThat(set.giveBackIndex(3)).isFalse();
        assertThat(set.giveBackIndex(63)).isFalse();
        assertThat(set.free()).isEqualTo(1L << 9 | 1L << 3 | 1L << 63);
        assertThat(new int[] {set.takeIndex(), set.takeIndex(), set.takeIndex()})
                .containsExactly(3, 9, 63);
    }

    @Test
    void isRetiredOnlyIfAllIsThereInWhicheverWord() {
        SlabFreeSet set = of(0b1111);
        int taken = set.takeIndex();
        assertThat(set.retire(0b1111)).as("while a bit is held").isFalse();
        assertThat(set.free()).as("what is left after that").isEqualTo(0b1110);
        set.giveBackIndex(taken);
        assertThat(set.retire(0b1111)).isTrue();
        assertThat(set.free()).isZero();
        assertThat(set.takeIndex()).as("for ever").isEqualTo(SlabFreeSet.EMPTY);
        assertThat(set.retire(0b1111)).as("twice").isFalse();
    }

    @Test
    void losesNothingWhenAllIsTakenAndGivenBack() {
        SlabFreeSet set = of(0b1110);
        set.giveBackIndex(0);
        assertThat(set.takeAll()).isEqualTo(0b1111);
        assertThat(set.isEmpty()).isTrue();
        set.giveBackAll(0b1111);
        assertThat(set.free()).isEqualTo(0b1111);
        assertThat(set.retire(0b1111)).isTrue();
    }

    @Test
    void isASetUnderAnyMixOfUse() {
        Random random = new Random(11);
        for (int round = 0; round < 200; round++) {
            long bits = random.nextLong() | 1;
            SlabFreeSet set = of(bits);
            BitSet expected = BitSet.valueOf(new long[] {bits});
            BitSet held = new BitSet(64);
            for (int step = 0; step < 500; step++) {
                int index = random.nextInt(64);
                if (held.get(index)) {
                    set.giveBackIndex(index);
                    held.clear(index);
                    expected.set(index);
                } else if (random.nextInt(50) == 0) {
                    long all = set.takeAll();
                    assertThat(BitSet.valueOf(new long[] {all})).isEqualTo(expected);
                    set.giveBackAll(all);
                } else if (random.nextInt(50) == 0 && !held.isEmpty()) {
                    assertThat(set.retire(bits)).isFalse();
                } else {
                    int taken = set.takeIndex();
                    if (expected.isEmpty()) {
                        assertThat(taken).isEqualTo(SlabFreeSet.EMPTY);
                    } else {
                        assertThat(expected.get(taken))
                                .as("bit %d of %s", taken, expected)
                                .isTrue();
                        expected.clear(taken);
                        held.set(taken);
                    }
                }
                assertThat(set.isEmpty()).isEqualTo(expected.isEmpty());
                assertThat(BitSet.valueOf(new long[] {set.free()})).isEqualTo(expected);
            }
        }
    }
}
