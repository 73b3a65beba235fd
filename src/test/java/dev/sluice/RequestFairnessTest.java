package dev.sluice;

import static dev.sluice.PoolFixture.granted;
import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who waits for whom: those under the same bound, large and small alike, and nobody else. */
class RequestFairnessTest {

    private static final int KIB = 1 << 10;

    @Test
    void aNewcomerWaitsEvenWhereABufferOfItsSizeIsFree() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(64 * KIB));
        PooledBuffer held = fixture.pool.acquire(KIB);
        PooledBuffer other = fixture.pool.acquire(KIB);
        CompletableFuture<PooledBuffer> large = fixture.pool.request(64 * KIB);
        other.release();
        assertThat(fixture.pool.stats().availableBuffers()).as("free buffers").isEqualTo(1);
        assertThatThrownBy(() -> fixture.pool.acquire(KIB)).isInstanceOf(PoolExhaustedException.class);
        assertThat(fixture.pool.tryAcquire(KIB)).isEmpty();
        CompletableFuture<PooledBuffer> small = fixture.pool.request(KIB);
        assertThat(small).isNotDone();

        held.release();
        assertThat(small).as("behind the large one").isNotDone();
        granted(large).release();
        granted(small).release();
        fixture.verify();
    }

    @Test
    void aLargeRequestIsNotStarvedBySmallOnes() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(64 * KIB));
        BufferPool pool = fixture.pool;
        Deque<CompletableFuture<PooledBuffer>> small = new ArrayDeque<>();
        for (int i = 0; i < 64; i++) {
            small.add(pool.request(KIB));
        }
        CompletableFuture<PooledBuffer> large = pool.request(48 * KIB);
        int turns = 0;
        while (!large.isDone()) {
            granted(small.remove()).release();
            small.add(pool.request(KIB));
            turns++;
            assertThat(turns)
                    .as("small buffers that came back before the large request was served")
                    .isLessThan(100);
        }
        assertThat(turns).isEqualTo(48);
        granted(large).release();
        small.forEach(request -> granted(request).release());
        fixture.verify();
    }

    @Test
    void whatComesBackAccumulatesForTheOldestAcrossSizesAndPools() {
        MemoryBudget budget = MemoryBudget.of(64 * KIB);
        PoolFixture fixture = new PoolFixture(BufferPool.builder().budget(budget));
        BufferPool sibling = fixture.add(BufferPool.builder().budget(budget));
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            held.add(fixture.pool.acquire(8 * KIB));
            held.add(sibling.acquire(4 * KIB));
            held.add(fixture.pool.acquire(4 * KIB));
        }
        CompletableFuture<PooledBuffer> large = fixture.pool.request(64 * KIB);
        CompletableFuture<PooledBuffer> next = sibling.request(KIB);
        while (held.size() > 1) {
            held.remove(0).release();
            assertThat(large).isNotDone();
            assertThat(next).isNotDone();
        }
        held.remove(0).release();
        granted(large).release();
        granted(next).release();
        fixture.verify();
    }

    @Test
    void aFullSizeDoesNotDelayOtherSizes() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBuffersPerSize(2));
        List<PooledBuffer> all = fixture.takeAll(KIB);
        CompletableFuture<PooledBuffer> waiting = fixture.pool.request(KIB);
        fixture.pool.acquire(2 * KIB).release();
        granted(fixture.pool.request(2 * KIB)).release();
        fixture.pool.acquire(5 << 20).release();
        assertThat(waiting).isNotDone();
        release(all);
        granted(waiting).release();
        fixture.verify();
    }

    @Test
    void aFullChildDoesNotDelayItsSiblings() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        PoolFixture fixture = new PoolFixture(BufferPool.builder().budget(house.child("one", 16 * KIB)));
        BufferPool sibling = fixture.add(BufferPool.builder().budget(house.child("other", 16 * KIB)));
        BufferPool above = fixture.add(BufferPool.builder().budget(house));
        PooledBuffer full = fixture.pool.acquire(16 * KIB);
        CompletableFuture<PooledBuffer> waiting = fixture.pool.request(KIB);
        sibling.acquire(16 * KIB).release();
        granted(above.request(32 * KIB)).release();
        assertThat(waiting).isNotDone();
        full.release();
        granted(waiting).release();
        fixture.verify();
    }

    @Test
    void aFullParentDelaysAllBeneathItInTurn() {
        MemoryBudget house = MemoryBudget.of(64 * KIB);
        PoolFixture fixture = new PoolFixture(BufferPool.builder().budget(house.child("one", 64 * KIB)));
        BufferPool sibling = fixture.add(BufferPool.builder().budget(house.child("other", 64 * KIB)));
        PooledBuffer held = sibling.acquire(40 * KIB);
        CompletableFuture<PooledBuffer> first = fixture.pool.request(32 * KIB);
        CompletableFuture<PooledBuffer> second = sibling.request(KIB);
        assertThat(first).isNotDone();
        assertThat(second).as("in turn, though there is room for it").isNotDone();
        held.release();
        PooledBuffer buffer = granted(first);
        granted(second).release();
        buffer.release();
        fixture.verify();
    }

    /** Its own budget lacks room too, but could make it of idle memory; the parent could not. */
    @Test
    void aRequestThatOnlyTheParentRefusesIsServedByWhatASiblingReleases() {
        MemoryBudget house = MemoryBudget.of(48 * KIB);
        PoolFixture fixture = new PoolFixture(BufferPool.builder().budget(house.child("one", 48 * KIB)));
        BufferPool sibling = fixture.add(BufferPool.builder().budget(house.child("other", 48 * KIB)));
        PooledBuffer held = fixture.pool.acquire(16 * KIB);
        fixture.pool.acquire(24 * KIB).release();
        PooledBuffer other = sibling.acquire(8 * KIB);
        CompletableFuture<PooledBuffer> request = fixture.pool.request(32 * KIB);
        assertThat(request).isNotDone();
        assertThat(fixture.pool.stats().idleBytes()).as("left alone in vain").isEqualTo(24 * KIB);
        other.release();
        granted(request).release();
        held.release();
        fixture.verify();
    }

    /** It was refused by the number of buffers first and, when one came back, by the budget. */
    @Test
    void aRequestKeepsItsTurnWhenAnotherBoundRefusesIt() {
        MemoryBudget budget = MemoryBudget.of(6_000);
        PoolFixture fixture =
                new PoolFixture(BufferPool.builder().budget(budget).maxBuffersPerSize(1));
        BufferPool sibling = fixture.add(BufferPool.builder().budget(budget));
        PooledBuffer exact = fixture.pool.acquire(5_200);
        PooledBuffer small = sibling.acquire(512);
        CompletableFuture<PooledBuffer> first = fixture.pool.request(5_900);
        CompletableFuture<PooledBuffer> second = sibling.request(512);

        exact.release();
        assertThat(first).as("needs the small one's bytes too").isNotDone();
        assertThat(second).as("behind the first").isNotDone();

        small.release();
        PooledBuffer large = granted(first);
        assertThat(second).isNotDone();
        large.release();
        granted(second).release();
        fixture.verify();
    }

    @Test
    void acquisitionsAmongThoseWhoWaitForSomethingElseAreServedAtOnce() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBuffersPerSize(4));
        List<PooledBuffer> full = fixture.takeAll(KIB);
        CompletableFuture<PooledBuffer> waiting = fixture.pool.request(KIB);
        List<PooledBuffer> others = fixture.takeAll(2 * KIB);
        assertThat(others).hasSize(4);
        CompletableFuture<PooledBuffer> second = fixture.pool.request(2 * KIB);
        others.get(0).release();
        assertThat(second).isCompleted();
        assertThat(waiting).isNotDone();
        granted(second).release();
        release(others);
        waiting.cancel(true);
        release(full);
        fixture.verify();
    }
}
