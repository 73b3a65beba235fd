package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The order of events that a release and a retirement can have, played by hand. */
class SlabListTest {

    private final SizeClass sizeClass =
            PoolAccount.quietPool().build().sizeClasses().get(0);
    private final Slab first = slab();
    private final Slab last = slab();

    private Slab slab() {
        return new Slab(sizeClass, new SlabMemory.Heap(sizeClass.slotBytes), sizeClass.slotBytes, 1);
    }

    @Test
    void aHintThatComesAfterTheSlabHasGoneIsIgnored() {
        SlabList list = SlabList.EMPTY.with(first).with(last).without(last);

        list.open(last.index);

        assertThat(list.takeFrom(0)).as("slot of a slab that has none").isNull();
        first.giveBackIndex(0);
        list.open(first.index);
        assertThat(list.takeFrom(0)).as("slot that came back").isSameAs(first.slot(0));
    }

    @Test
    void aPlaceThatIsEmptyIsFilledAgain() {
        SlabList list = SlabList.EMPTY.with(first).with(last).without(first);

        list.open(first.index);
        assertThat(list.takeFrom(0)).as("slot of a slab that has none").isNull();

        Slab next = slab();
        assertThat(list.with(next).slabs).containsExactly(next, last);
    }
}
