package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order of events that a release and a retirement can have, played by hand. */
class SlabListTest {

    private final BufferPool pool = PoolAccount.quietPool().build();
    private final SizeClass sizeClass = new SizeClass(pool, 64, 1_000);

    private Slab slab() {
        return new Slab(sizeClass, new SlabMemory.Heap(sizeClass.slotBytes), sizeClass.slotBytes, 1);
    }

    private static SlabList with(SlabList list, Slab slab) {
        SlabList roomy = list.withRoomLocked();
        roomy.addLocked(slab);
        return roomy;
    }

    @Test
    void aHintThatComesAfterTheSlabHasGoneIsIgnored() {
        Slab first = slab();
        Slab last = slab();
        SlabList list = with(with(SlabList.EMPTY, first), last).withoutLocked(last);

        list.open(last.index);
        list.open(1_000);

        assertThat(list.takeFrom(0)).as("slot of a slab that has none").isNull();
        first.giveBackIndex(0);
        list.open(first.index);
        assertThat(list.takeFrom(0)).as("slot that came back").isSameAs(first.slot(0));
    }

    @Test
    void aPlaceThatIsEmptyIsFilledAgain() {
        Slab first = slab();
        Slab last = slab();
        SlabList list = with(with(SlabList.EMPTY, first), last).withoutLocked(first);

        list.open(first.index);
        assertThat(list.takeFrom(0)).as("slot of a slab that has none").isNull();

        Slab next = slab();
        SlabList again = with(list, next);
        assertThat(again).as("list with room").isSameAs(list);
        assertThat(List.of(again.get(0), again.get(1))).containsExactly(next, last);
    }

    @Test
    void theListIsCutBehindItsLastSlabAndEmptiedWithIt() {
        List<Slab> slabs = new ArrayList<>();
        SlabList list = SlabList.EMPTY;
        for (int i = 0; i < 200; i++) {
            slabs.add(slab());
            list = with(list, slabs.get(i));
            assertThat(slabs.get(i).index).isEqualTo(i);
        }
        for (int i = 10; i < 200; i++) {
            list = list.withoutLocked(slabs.get(i));
        }
        assertThat(list.end()).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            list = list.withoutLocked(slabs.get(i));
        }
        assertThat(list).isSameAs(SlabList.EMPTY);
        assertThat(list.takeNear(3)).isNull();
    }

    @Test
    void aSlotIsFoundInAnySlabWhicheverIsLookedAtFirst() {
        List<Slab> slabs = new ArrayList<>();
        SlabList list = SlabList.EMPTY;
        for (int i = 0; i < 150; i++) {
            slabs.add(slab());
            list = with(list, slabs.get(i));
        }
        for (int start : new int[] {0, 1, 63, 64, 65, 127, 128, 149}) {
            for (int at : new int[] {0, 62, 63, 64, 127, 128, 149}) {
                assertThat(list.takeFrom(start)).as("nothing is free").isNull();
                slabs.get(at).giveBackIndex(0);
                list.open(at);
                assertThat(list.takeNear(start)).isSameAs(slabs.get(at).slot(0));
            }
        }
    }
}
