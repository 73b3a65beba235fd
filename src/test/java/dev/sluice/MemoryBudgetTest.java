package dev.sluice;

import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.VirtualPoolClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** One account for several pools, and accounts within accounts. */
class MemoryBudgetTest {

    private static final int KIB = 1 << 10;

    private final List<BufferPool> pools = new ArrayList<>();

    private BufferPool pool(MemoryBudget budget) {
        BufferPool pool = BufferPool.builder()
                .name("on " + budget.name())
                .budget(budget)
                .clock(VirtualPoolClock.create())
                .build();
        pools.add(pool);
        return pool;
    }

    private void verify() {
        PoolInvariants.assertNothingLeft(pools.toArray(BufferPool[]::new));
    }

    @Test
    void poolsThatShareABudgetShareItsLimit() {
        MemoryBudget budget = MemoryBudget.of(64 * KIB);
        BufferPool one = pool(budget);
        BufferPool other = pool(budget);
        PooledBuffer first = one.acquire(40 * KIB);
        assertThat(budget.used()).isEqualTo(40 * KIB);
        assertThat(budget.available()).isEqualTo(24 * KIB);
        assertThatThrownBy(() -> other.acquire(32 * KIB)).isInstanceOf(PoolExhaustedException.class);
        PooledBuffer second = other.acquire(24 * KIB);
        assertThat(budget.available()).isZero();
        PoolInvariants.assertSound(one, other);
        first.release();
        second.release();
        verify();
        assertThat(budget.used()).isZero();
        assertThat(budget.peak()).isEqualTo(64 * KIB);
    }

    @Test
    void aChildsChargesCountForAllAboveIt() {
        MemoryBudget house = MemoryBudget.of("house", 64 * KIB);
        MemoryBudget floor = house.child("floor", 48 * KIB);
        MemoryBudget room = floor.child("room", 32 * KIB);
        assertThat(room.parent()).isSameAs(floor);
        assertThat(floor.parent()).isSameAs(house);
        assertThat(house.parent()).isNull();
        assertThat(room.limit()).isEqualTo(32 * KIB);

        BufferPool pool = pool(room);
        PooledBuffer buffer = pool.acquire(20 * KIB);
        assertThat(room.used()).isEqualTo(20 * KIB);
        assertThat(floor.used()).isEqualTo(20 * KIB);
        assertThat(house.used()).isEqualTo(20 * KIB);
        buffer.release();
        verify();
        assertThat(List.of(room.used(), floor.used(), house.used())).containsOnly(0L);
        assertThat(List.of(room.peak(), floor.peak(), house.peak())).containsOnly(20L * KIB);
    }

    @Test
    void aRefusedChargeIsCountedNowhere() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        MemoryBudget one = house.child("one", 64 * KIB);
        MemoryBudget other = house.child("other", 64 * KIB);
        PooledBuffer held = pool(one).acquire(40 * KIB);
        BufferPool refused = pool(other);
        assertThatThrownBy(() -> refused.acquire(32 * KIB)).isInstanceOf(PoolExhaustedException.class);
        assertThat(other.used()).isZero();
        assertThat(other.peak()).isZero();
        assertThat(house.used()).isEqualTo(40 * KIB);
        held.release();
        verify();
    }

    @Test
    void aFullParentRefusesAChildThatHasRoom() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        BufferPool one = pool(house.child("one", 64 * KIB));
        BufferPool other = pool(house.child("other", 64 * KIB));
        PooledBuffer all = one.acquire(64 * KIB);
        assertThat(other.tryAcquire(1)).isEmpty();
        all.release();
        other.acquire(64 * KIB).release();
        verify();
    }

    @Test
    void aFullChildLeavesTheRestToItsSiblings() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        BufferPool one = pool(house.child("one", 16 * KIB));
        BufferPool other = pool(house.child("other", 64 * KIB));
        PooledBuffer full = one.acquire(16 * KIB);
        assertThat(one.tryAcquire(1)).isEmpty();
        PooledBuffer rest = other.acquire(48 * KIB);
        release(List.of(full, rest));
        verify();
    }

    @Test
    void aSizeAboveTheTightestLimitOfTheTreeCanNeverBeGranted() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        BufferPool pool = pool(house.child("floor", 32 * KIB).child("room", 16 * KIB));
        assertThatThrownBy(() -> pool.acquire(16 * KIB + 1)).isInstanceOf(InvalidSizeException.class);
        assertThat(pool.stats().limitBytes()).isEqualTo(16 * KIB);
        pool.acquire(16 * KIB).release();
        verify();
    }

    @Test
    void poolsOfDifferentTreesDoNotKnowOneAnother() {
        BufferPool one = pool(MemoryBudget.of(8 * KIB));
        BufferPool other = pool(MemoryBudget.of(8 * KIB));
        PooledBuffer held = one.acquire(8 * KIB);
        other.acquire(8 * KIB).release();
        held.release();
        verify();
    }

    @Test
    void aClosedPoolLeavesItsShareToTheOthersOnceItsLeasesAreBack() {
        MemoryBudget budget = MemoryBudget.of(64 * KIB);
        BufferPool one = pool(budget);
        BufferPool other = pool(budget);
        PooledBuffer held = one.acquire(32 * KIB);
        one.acquire(16 * KIB).release();
        one.close();
        assertThat(budget.used()).as("idle memory goes at once").isEqualTo(32 * KIB);
        assertThat(other.tryAcquire(64 * KIB)).isEmpty();
        held.release();
        assertThat(budget.used()).isZero();
        other.acquire(64 * KIB).release();
        verify();
    }

    @Test
    void noMixOfPoolsAndSizesExceedsAnyLimit() {
        Random random = new Random(5);
        MemoryBudget house = MemoryBudget.of("house", 256 * KIB);
        MemoryBudget one = house.child("one", 200 * KIB);
        MemoryBudget other = house.child("other", 100 * KIB);
        List<BufferPool> all =
                List.of(pool(house), pool(one), pool(one), pool(other), pool(other.child("room", 20_000)));
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            BufferPool pool = all.get(random.nextInt(all.size()));
            if (random.nextInt(5) < 3) {
                Optional<PooledBuffer> next = pool.tryAcquire(1 + random.nextInt(1 << random.nextInt(14)));
                next.ifPresent(held::add);
            } else if (!held.isEmpty()) {
                held.remove(random.nextInt(held.size())).release();
            }
            if (random.nextInt(500) == 0) {
                pool.clear();
            }
            for (MemoryBudget budget : List.of(house, one, other)) {
                assertThat(budget.used()).isBetween(0L, budget.limit());
            }
            if (i % 1_000 == 0) {
                PoolInvariants.assertSound(all.toArray(BufferPool[]::new));
            }
        }
        release(held);
        verify();
    }
}
