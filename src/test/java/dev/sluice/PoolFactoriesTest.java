package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the factories of a pool promise about its bounds. */
class PoolFactoriesTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000, 100_000})
    void createHoldsAtMost64BuffersOfEachSize(int size) {
        try (BufferPool pool = BufferPool.create()) {
            assertHoldsExactly(pool, size, 64);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 63, 65, 200})
    void withMaxBuffersHoldsExactlySoManyOfEachSize(int most) {
        try (BufferPool pool = BufferPool.withMaxBuffers(most)) {
            assertHoldsExactly(pool, 1_000, most);
        }
    }

    @Test
    void sizesAboveFourMiBShareOneBound() {
        try (BufferPool pool = BufferPool.withMaxBuffers(2)) {
            List<PooledBuffer> large = List.of(pool.acquire(5 << 20), pool.acquire(6 << 20));
            assertThat(pool.tryAcquire((4 << 20) + 1)).isEmpty();
            assertThat(pool.tryAcquire(4 << 20)).hasValueSatisfying(PooledBuffer::release);
            PoolFixture.release(large);
            pool.acquire(7 << 20).release();
            assertThat(pool.stats().buffersInUse()).isZero();
        }
    }

    @Test
    void bytesAreTheOnlyBoundWhereTheyAloneAreSet() {
        try (BufferPool pool = BufferPool.builder().maxBytes(100_000).build()) {
            assertHoldsExactly(pool, 64, 100_000 / 64);
        }
    }

    @Test
    void theTighterOfTwoBoundsHolds() {
        try (BufferPool pool =
                BufferPool.builder().maxBytes(10_240).maxBuffersPerSize(20).build()) {
            assertHoldsExactly(pool, 64, 20);
            assertHoldsExactly(pool, 1_024, 10);
        }
    }

    @Test
    void poolsAreDirectByDefault() {
        try (BufferPool direct = BufferPool.create();
                BufferPool heap = BufferPool.builder().direct(false).build();
                PooledBuffer offHeap = direct.acquire(1);
                PooledBuffer onHeap = heap.acquire(1)) {
            assertThat(offHeap.byteBuffer().isDirect()).isTrue();
            assertThat(onHeap.byteBuffer().isDirect()).isFalse();
            assertThat(direct.isDirect()).isTrue();
            assertThat(heap.isDirect()).isFalse();
        }
    }

    @Test
    void namesAppearInDescriptions() {
        MemoryBudget budget = MemoryBudget.of("house", 1 << 20).child("tenant", 1 << 19);
        try (BufferPool pool = BufferPool.builder().name("lake").budget(budget).build();
                BufferPool own = BufferPool.builder().name("pond").maxBytes(5).build()) {
            assertThat(pool.name()).isEqualTo("lake");
            assertThat(pool.budget()).isSameAs(budget);
            assertThat(pool.toString()).contains("lake");
            assertThat(budget.toString()).contains("tenant", Numbers.grouped(1 << 19));
            assertThat(own.budget().name()).isEqualTo("pond");
            assertThat(own.budget().limit()).isEqualTo(5);
            own.close();
            assertThat(own.toString()).contains("pond", "closed");
        }
    }

    @ParameterizedTest
    @CsvSource({"9223372036854775807, 65536", "1048576, 65536", "65536, 8192", "4096, 512", "7, 1"})
    void aChunkLeavesRoomForSeveral(long limit, int chunkSize) {
        try (BufferPool pool = BufferPool.builder().maxBytes(limit).build()) {
            assertThat(pool.chunkSize()).isEqualTo(chunkSize);
        }
    }

    @Test
    void theTightestBudgetSaysHowLongAChunkIs() {
        MemoryBudget tight = MemoryBudget.of("outer", 64 << 10).child("inner", 32 << 10);
        try (BufferPool pool = BufferPool.builder().budget(tight).build()) {
            assertThat(pool.chunkSize()).isEqualTo(4 << 10);
        }
    }

    private static void assertHoldsExactly(BufferPool pool, int size, int most) {
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            held.add(pool.acquire(size));
        }
        assertThatThrownBy(() -> pool.acquire(size)).isInstanceOf(PoolExhaustedException.class);
        assertThat(pool.tryAcquire(size)).isEmpty();
        assertThat(pool.stats().buffersInUse()).isEqualTo(most);
        PoolFixture.release(held);
        assertThat(pool.stats().buffersInUse()).isZero();
        pool.clear();
        assertThat(pool.stats().allocatedBytes()).isZero();
    }
}
