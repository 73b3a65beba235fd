package dev.sluice;

import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The worst case that leases can keep idle and out of reach: {@code n * min(4 MiB, limit / 32)} with n leases out. So a
 * small budget serves many sizes.
 */
class PinnedMemoryTest {

    private static final int MOST_PER_LEASE = 4 << 20;

    private static long mostPinned(long limit, int leases) {
        return leases * Math.min(MOST_PER_LEASE, limit / 32);
    }

    /** Fills the budget with small buffers, keeps one of each large slab, and asks for the rest in another size. */
    @ParameterizedTest
    @CsvSource({
        "65536, 64, 1",
        "65536, 64, 5",
        "65536, 300, 3",
        "1048576, 64, 1",
        "1048576, 64, 7",
        "1048576, 1000, 9",
        "1048576, 5000, 20",
        "1048576, 100, 32",
        "4194304, 1000, 10"
    })
    void keepsAtMostOneSlabPerLeaseFromOthers(int limit, int size, int leases) {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(limit));
        BufferPool pool = fixture.pool;
        List<PooledBuffer> all = fixture.takeAll(size);
        List<PooledBuffer> kept = new ArrayList<>();
        long used = 0;
        for (int i = 0; i < leases; i++) {
            PooledBuffer buffer = all.remove(all.size() - 1 - i * (all.size() / leases) * 7 / 8);
            used += buffer.capacity();
            kept.add(buffer);
        }
        release(all);
        pool.clear();
        assertThat(pool.stats().idleBytes())
                .as("idle and out of reach: %s", pool)
                .isLessThanOrEqualTo(mostPinned(limit, leases));

        int other = 1_024;
        List<PooledBuffer> rest = fixture.takeAll(other);
        assertThat((long) rest.size() * other)
                .as("available in another size: %s", pool)
                .isGreaterThan(limit - used - mostPinned(limit, leases) - other);
        release(rest);
        release(kept);
        fixture.verify();
    }

    @Test
    void isAtMostFourMiBPerLeaseUnderALargeBudget() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(4L << 30));
        BufferPool pool = fixture.pool;
        List<PooledBuffer> all = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            all.add(pool.acquire(256 << 10));
        }
        List<PooledBuffer> kept = List.of(all.remove(50), all.remove(30));
        release(all);
        pool.clear();
        assertThat(pool.stats().allocatedBytes()).as("two slabs").isEqualTo(2 * MOST_PER_LEASE);
        release(kept);
        fixture.verify();
    }

    @Test
    void isMeasuredByTheTightestLimitAboveThePool() {
        MemoryBudget house = MemoryBudget.of(1L << 30);
        PoolFixture fixture = new PoolFixture(BufferPool.builder().budget(house.child("room", 64 << 10)));
        List<PooledBuffer> all = fixture.takeAll(64);
        PooledBuffer kept = all.remove(500);
        release(all);
        fixture.pool.clear();
        assertThat(fixture.pool.stats().allocatedBytes()).isEqualTo(2 << 10);
        kept.release();
        fixture.verify();
    }

    @Test
    void isNothingForBuffersThatHaveASlabOfTheirOwn() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(1 << 20));
        List<PooledBuffer> all = fixture.takeAll(32 << 10);
        PooledBuffer kept = all.remove(20);
        release(all);
        fixture.pool.clear();
        assertThat(fixture.pool.stats().idleBytes()).isZero();
        kept.release();
        fixture.verify();
    }

    /** Whatever is held: a request that fits beside it and beside what it may pin at worst is granted. */
    @ParameterizedTest
    @ValueSource(ints = {64 << 10, 1 << 20})
    void aSmallBudgetServesManySizes(int limit) {
        for (int seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(limit));
            List<PooledBuffer> held = new ArrayList<>();
            long used = 0;
            for (int i = 0; i < 2_000; i++) {
                int size = 1 + random.nextInt(1 << (6 + random.nextInt(limit > 100_000 ? 13 : 9)));
                if (random.nextInt(5) < 2 && !held.isEmpty()) {
                    PooledBuffer back = held.remove(random.nextInt(held.size()));
                    used -= back.capacity();
                    back.release();
                    continue;
                }
                long room = limit - used - mostPinned(limit, held.size());
                Optional<PooledBuffer> next = fixture.pool.tryAcquire(size);
                int capacity = SizeClasses.bytesOf(SizeClasses.indexOf(size));
                assertThat(next.isPresent() || capacity > room)
                        .as(
                                "granted %,d bytes, seed %d step %d: %,d in use by %,d leases: %s",
                                capacity, seed, i, used, held.size(), fixture.pool)
                        .isTrue();
                if (next.isPresent()) {
                    held.add(next.get());
                    used += capacity;
                }
            }
            assertThat(fixture.pool.statsBySize()).as("sizes served").hasSizeGreaterThan(20);
            release(held);
            fixture.verify();
        }
    }

    @Test
    void everySizeUpToTheLimitIsServedOneAfterTheOther() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(64 << 10));
        for (int size = 1; size <= 64 << 10; size += 1 + size / 7) {
            fixture.pool.acquire(size).release();
        }
        fixture.pool.acquire(64 << 10).release();
        fixture.verify();
    }

    /** Above the largest class that fits the budget, sizes are exact. */
    @Test
    void aSizeWhoseClassExceedsTheLimitIsGrantedExactly() {
        int limit = 1_000_000;
        PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(limit));
        for (int size : new int[] {limit, limit - 1, 917_505}) {
            try (PooledBuffer buffer = fixture.pool.acquire(size)) {
                assertThat(buffer.length()).isEqualTo(size);
                assertThat(buffer.capacity()).isEqualTo(size);
                assertThat(fixture.pool.stats().allocatedBytes()).isEqualTo(size);
            }
            assertThat(fixture.pool.stats().allocatedBytes()).isZero();
        }
        try (PooledBuffer buffer = fixture.pool.acquire(917_504)) {
            assertThat(buffer.capacity())
                    .as("the largest class below the limit")
                    .isEqualTo(917_504);
        }
        assertThat(fixture.pool.stats().allocatedBytes())
                .as("kept for the next")
                .isEqualTo(917_504);
        fixture.verify();
    }
}
