package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the numbers of a pool mean. */
class PoolStatsTest {

    private final PoolFixture fixture =
            new PoolFixture(BufferPool.builder().maxBytes(1 << 20).maxBuffersPerSize(10));
    private final BufferPool pool = fixture.pool;

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    @Test
    void anUnusedPoolHasDefinedRatios() {
        assertThat(pool.stats().hitRate()).isEqualTo(1.0);
        assertThat(pool.stats().utilization()).isZero();
        assertThat(pool.stats().limitBytes()).isEqualTo(1 << 20);
        assertThat(pool.statsBySize()).isEmpty();
    }

    @Test
    void withoutALimitNothingIsUtilized() {
        PoolFixture unbounded = new PoolFixture(BufferPool.builder());
        PooledBuffer buffer = unbounded.pool.acquire(1_000);
        assertThat(unbounded.pool.stats().limitBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(unbounded.pool.stats().utilization()).isZero();
        buffer.release();
        unbounded.verify();
    }

    @Test
    void anAcquisitionIsAMissWhereMemoryWasMadeForItAndElseAHit() {
        pool.acquire(1_000).release();
        assertThat(pool.stats().misses()).as("misses after the first").isEqualTo(1);
        for (int i = 0; i < 9; i++) {
            pool.acquire(1_000).release();
        }
        assertThat(pool.stats().hits()).isEqualTo(9);
        assertThat(pool.stats().misses()).isEqualTo(1);
        assertThat(pool.stats().hitRate()).isCloseTo(0.9, within(1e-9));

        pool.acquire(2_000).release();
        assertThat(pool.stats().misses()).as("misses after another size").isEqualTo(2);
    }

    @Test
    void anAcquisitionIsAMissWhereItHadToWait() {
        List<PooledBuffer> all = fixture.takeAll(1_000);
        long misses = pool.stats().misses();
        CompletableFuture<PooledBuffer> request = pool.request(1_000);
        PoolFixture.release(all);
        PoolFixture.granted(request).release();
        assertThat(pool.stats().misses()).isEqualTo(misses + 1);
    }

    @Test
    void bytesAndBuffersAreCountedByCapacity() {
        PooledBuffer one = pool.acquire(1_000);
        PooledBuffer two = pool.acquire(1_500);
        PooledBuffer share = one.retain();
        PoolStats stats = pool.stats();
        assertThat(stats.buffersInUse())
                .as("leases that share a buffer count once")
                .isEqualTo(2);
        assertThat(stats.bytesInUse()).isEqualTo(1_024 + 1_536);
        assertThat(stats.totalAcquisitions()).isEqualTo(2);
        assertThat(stats.totalReleases()).isZero();
        assertThat(stats.utilization()).isCloseTo((1_024 + 1_536) / (double) (1 << 20), within(1e-9));
        one.release();
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        share.release();
        two.release();
        assertThat(pool.stats().totalReleases()).isEqualTo(2);
        assertThat(pool.stats().idleBytes()).isEqualTo(1_024 + 1_536);
    }

    @Test
    void peaksRememberTheMostThatEverWas() {
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            held.add(pool.acquire(1_000));
        }
        long most = pool.stats().allocatedBytes();
        PoolFixture.release(held);
        pool.clear();
        pool.acquire(2_000).release();
        assertThat(pool.stats().peakAllocation()).isEqualTo(8);
        assertThat(pool.stats().peakBytes()).isEqualTo(most);
        assertThat(pool.budget().peak()).isEqualTo(most);
        assertThat(pool.statsBySize().get(1_024).peakAllocation()).isEqualTo(8);
        assertThat(pool.statsBySize().get(2_048).peakAllocation()).isEqualTo(1);
    }

    @Test
    void countsSurviveTheMemoryThatTheyWereCountedOn() {
        for (int round = 1; round <= 5; round++) {
            for (int i = 0; i < 10; i++) {
                pool.acquire(1_000).release();
            }
            assertThat(pool.clear()).isPositive();
            assertThat(pool.stats().totalAcquisitions()).isEqualTo(10L * round);
            assertThat(pool.stats().totalReleases()).isEqualTo(10L * round);
            assertThat(pool.stats().misses()).isEqualTo(round);
            assertThat(pool.stats().shrunkBytes()).isEqualTo(1_024L * round);
        }
    }

    @Test
    void sizesAreListedByCapacitySmallestFirst() {
        PooledBuffer medium = pool.acquire(5_000);
        PooledBuffer small = pool.acquire(3);
        assertThat(pool.statsBySize().keySet()).containsExactly(64, 5_120);
        assertThat(pool.statsBySize().get(64).bytesInUse()).isEqualTo(64);
        assertThat(pool.statsBySize().get(5_120).bytesInUse()).isEqualTo(5_120);
        assertThatThrownBy(() -> pool.statsBySize().clear()).isInstanceOf(UnsupportedOperationException.class);
        small.release();
        medium.release();
        pool.clear();
        assertThat(pool.statsBySize().keySet()).as("used once").containsExactly(64, 5_120);
    }

    @Test
    void demandIsWhatSubscribersAndWaitingRequestsWant() {
        try (Demand demand = pool.demand(1_000)) {
            demand.add(5);
            assertThat(pool.stats().demand()).isEqualTo(5);
            assertThat(pool.stats().demandBytes()).isEqualTo(5 * 1_024);
            assertThat(pool.statsBySize().keySet()).containsExactly(1_024);

            List<PooledBuffer> all = fixture.takeAll(2_000);
            CompletableFuture<PooledBuffer> request = pool.request(2_000, Duration.ofDays(1));
            assertThat(pool.stats().pending()).isEqualTo(1);
            assertThat(pool.stats().demand()).isEqualTo(6);
            assertThat(pool.stats().demandBytes()).isEqualTo(5 * 1_024 + 2_048);
            assertThat(pool.statsBySize().get(2_048).pending()).isEqualTo(1);
            assertThat(pool.statsBySize().get(1_024).pending()).isZero();
            request.cancel(false);
            PoolFixture.release(all);
        }
        assertThat(pool.stats().demand()).isZero();
    }

    @Test
    void aSnapshotDoesNotChange() {
        PoolStats before = pool.stats();
        pool.acquire(1_000).release();
        assertThat(before.totalAcquisitions()).isZero();
        assertThat(pool.stats()).isEqualTo(pool.stats()).isNotEqualTo(before);
    }
}
