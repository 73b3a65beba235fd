package dev.sluice;

import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Idle memory goes to whoever needs it: from another size of the pool, or from another pool on the budget. */
class ReclaimTest {

    private static final int KIB = 1 << 10;

    private final PoolFixture fixture =
            new PoolFixture(BufferPool.builder().name("one").budget(MemoryBudget.of(64 * KIB)));
    private final BufferPool pool = fixture.pool;
    private final BufferPool sibling =
            fixture.add(BufferPool.builder().name("sibling").budget(pool.budget()));

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    @Test
    void fromAnotherSize() {
        release(fixture.takeAll(KIB));
        assertThat(pool.budget().available()).isZero();

        PooledBuffer large = pool.acquire(64 * KIB);
        assertThat(pool.stats().reclaimedBytes()).isEqualTo(64 * KIB);
        large.release();

        PooledBuffer small = pool.acquire(KIB);
        assertThat(pool.stats().reclaimedBytes()).isEqualTo(2 * 64 * KIB);
        small.release();
    }

    @Test
    void fromASiblingPool() {
        sibling.acquire(64 * KIB).release();
        PooledBuffer buffer = pool.acquire(KIB);
        assertThat(sibling.stats().reclaimedBytes()).isEqualTo(64 * KIB);
        assertThat(sibling.stats().allocatedBytes()).isZero();
        assertThat(pool.stats().reclaimedBytes()).isZero();
        buffer.release();
    }

    @Test
    void fromAPoolUnderAnotherChildWhereTheParentIsFull() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        PoolFixture nested = new PoolFixture(BufferPool.builder().budget(house.child("one", 64 * KIB)));
        BufferPool other = nested.add(BufferPool.builder().budget(house.child("other", 64 * KIB)));
        other.acquire(48 * KIB).release();
        nested.pool.acquire(32 * KIB).release();
        assertThat(other.stats().reclaimedBytes()).isEqualTo(48 * KIB);
        nested.verify();
    }

    @Test
    void notFromOutsideTheBudgetThatIsFull() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        PoolFixture nested = new PoolFixture(BufferPool.builder().budget(house.child("one", 16 * KIB)));
        BufferPool other = nested.add(BufferPool.builder().budget(house.child("other", 16 * KIB)));
        other.acquire(16 * KIB).release();
        nested.pool.acquire(12 * KIB).release();
        PooledBuffer buffer = nested.pool.acquire(8 * KIB);
        assertThat(other.stats().reclaimedBytes())
                .as("the sibling's idle memory does not help")
                .isZero();
        assertThat(nested.pool.stats().reclaimedBytes()).isEqualTo(12 * KIB);
        buffer.release();
        nested.verify();
    }

    @Test
    void onlyAsMuchAsIsNeeded() {
        List<PooledBuffer> eight = List.of(
                pool.acquire(8 * KIB),
                pool.acquire(8 * KIB),
                pool.acquire(8 * KIB),
                pool.acquire(8 * KIB),
                pool.acquire(8 * KIB),
                pool.acquire(8 * KIB),
                pool.acquire(8 * KIB),
                pool.acquire(8 * KIB));
        release(eight);
        PooledBuffer buffer = pool.acquire(20 * KIB);
        assertThat(pool.stats().reclaimedBytes()).isEqualTo(24 * KIB);
        buffer.release();
    }

    @Test
    void notWhereNewMemoryFits() {
        pool.acquire(32 * KIB).release();
        pool.acquire(24 * KIB).release();
        pool.acquire(8 * KIB).release();
        assertThat(pool.stats().reclaimedBytes()).isZero();
        assertThat(pool.stats().idleBytes()).isEqualTo(64 * KIB);
    }

    @Test
    void neverWhatIsInUse() {
        PooledBuffer kept = sibling.acquire(16 * KIB);
        Stamp.write(kept.byteBuffer(), 4);
        PooledBuffer own = pool.acquire(KIB);
        Stamp.write(own.byteBuffer(), 5);
        release(fixture.takeAll(8 * KIB));

        assertThat(pool.tryAcquire(48 * KIB)).isEmpty();
        List<PooledBuffer> rest = fixture.takeAll(2 * KIB);
        rest.forEach(buffer -> Stamp.write(buffer.byteBuffer(), 6));

        assertThat(rest).hasSize((64 - 16 - 1) / 2);
        Stamp.verify(kept.byteBuffer(), 4);
        Stamp.verify(own.byteBuffer(), 5);
        release(rest);
        release(List.of(kept, own));
    }

    @Test
    void nothingWhereTheIdleMemoryIsNotEnough() {
        PooledBuffer held = pool.acquire(32 * KIB);
        sibling.acquire(16 * KIB).release();
        pool.acquire(8 * KIB).release();
        assertThat(pool.tryAcquire(40 * KIB)).isEmpty();
        assertThat(sibling.stats().idleBytes()).isEqualTo(16 * KIB);
        assertThat(pool.stats().idleBytes()).isEqualTo(8 * KIB);
        assertThat(pool.stats().reclaimedBytes() + sibling.stats().reclaimedBytes())
                .isZero();
        held.release();
    }

    @Test
    void forARequestThatWaits() {
        PooledBuffer held = pool.acquire(48 * KIB);
        sibling.acquire(16 * KIB).release();
        CompletableFuture<PooledBuffer> request = pool.request(64 * KIB);
        assertThat(request).isNotDone();
        held.release();
        PoolFixture.granted(request).release();
        assertThat(sibling.stats().reclaimedBytes()).isEqualTo(16 * KIB);
        assertThat(pool.stats().reclaimedBytes()).isEqualTo(48 * KIB);
    }

    @Test
    void forARequestThatFindsItAtOnce() {
        sibling.acquire(64 * KIB).release();
        PoolFixture.granted(pool.request(10 * KIB)).release();
        assertThat(sibling.stats().reclaimedBytes()).isEqualTo(64 * KIB);
    }

    @Test
    void theLongestUnusedFirst() {
        try (Demand large = pool.demand(16 * KIB);
                Demand other = sibling.demand(20 * KIB)) {
            large.add(1);
            other.add(1);
            for (BufferPool fresh : List.of(pool, sibling, pool)) {
                pool.acquire(16 * KIB).release();
                sibling.acquire(20 * KIB).release();
                fixture.clock.advance(Duration.ofSeconds(5));
                fresh.acquire(fresh == pool ? 16 * KIB : 20 * KIB).release();
                fixture.clock.advance(Duration.ofSeconds(1));

                long before = pool.stats().reclaimedBytes();
                long beforeSibling = sibling.stats().reclaimedBytes();
                pool.acquire(40 * KIB).release();
                assertThat(pool.stats().reclaimedBytes() - before)
                        .as("taken from the pool, whose memory is %s", fresh == pool ? "fresh" : "old")
                        .isEqualTo(fresh == pool ? 0 : 16 * KIB);
                assertThat(sibling.stats().reclaimedBytes() - beforeSibling).isEqualTo(fresh == pool ? 20 * KIB : 0);
                pool.clear();
                sibling.clear();
            }
        }
    }
}
