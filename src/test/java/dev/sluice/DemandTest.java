package dev.sluice;

import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Demand that subscribers have announced keeps memory from shrinking, until it is met or they leave. */
class DemandTest {

    private static final int SIZE = 1_024;

    private final PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(1 << 20));
    private final BufferPool pool = fixture.pool;

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    private void burst(int buffers) {
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < buffers; i++) {
            held.add(pool.acquire(SIZE));
        }
        release(held);
    }

    private void silence() {
        fixture.clock.advance(Duration.ofSeconds(1), 20);
    }

    private long slots() {
        return pool.stats().allocatedBytes() / SIZE;
    }

    @Test
    void keepsAsMuchIdleMemoryAsItWants() {
        Demand demand = pool.demand(SIZE);
        demand.add(100);
        burst(500);
        silence();
        assertThat(slots()).isBetween(100L, 100L + 31);
        demand.add(-60);
        silence();
        assertThat(slots()).isBetween(40L, 40L + 31);
        demand.close();
        silence();
        assertThat(slots()).isZero();
    }

    @Test
    void ofSeveralSubscribersAddsUp() {
        Demand one = pool.demand(SIZE);
        Demand other = pool.demand(SIZE - 1);
        one.add(50);
        other.add(30);
        assertThat(pool.stats().demand()).isEqualTo(80);
        burst(500);
        silence();
        assertThat(slots()).isBetween(80L, 80L + 31);
        one.close();
        assertThat(pool.stats().demand()).isEqualTo(30);
        other.close();
    }

    @Test
    void makesNothingAhead() {
        try (Demand demand = pool.demand(SIZE)) {
            demand.add(1_000);
            silence();
            assertThat(pool.stats().allocatedBytes()).isZero();
            assertThat(fixture.clock.scheduled()).as("timers").isZero();
        }
    }

    @Test
    void ofWaitingRequestsCountsToo() {
        PoolFixture narrow = new PoolFixture(BufferPool.builder().maxBuffersPerSize(1));
        PooledBuffer held = narrow.pool.acquire(SIZE);
        List<CompletableFuture<PooledBuffer>> waiting =
                List.of(narrow.pool.request(SIZE), narrow.pool.request(SIZE), narrow.pool.request(SIZE));
        assertThat(narrow.pool.stats().demand()).isEqualTo(3);
        held.release();
        assertThat(narrow.pool.stats().demand()).isEqualTo(2);
        waiting.forEach(request -> PoolFixture.granted(request).release());
        assertThat(narrow.pool.stats().demand()).isZero();
        narrow.verify();
    }

    @Test
    void isCountedUntilItIsMetOrClosed() {
        Demand demand = pool.demand(SIZE);
        assertThat(demand.outstanding()).isZero();
        demand.add(7);
        demand.add(-3);
        assertThat(demand.outstanding()).isEqualTo(4);
        assertThat(pool.stats().demand()).isEqualTo(4);
        assertThat(pool.stats().demandBytes()).isEqualTo(4 * SIZE);
        demand.close();
        demand.close();
        demand.add(5);
        assertThat(demand.outstanding()).isZero();
        assertThat(pool.stats().demand()).isZero();
    }

    @Test
    void doesNotKeepIdleMemoryFromARequestThatNeedsIt() {
        try (Demand demand = pool.demand(SIZE)) {
            demand.add(1_024);
            release(fixture.takeAll(SIZE));
            PooledBuffer large = pool.acquire(1 << 20);
            assertThat(pool.stats().reclaimedBytes()).isEqualTo(1 << 20);
            large.release();
        }
    }

    @Test
    void doesNotKeepMemoryFromClearOrClose() {
        try (Demand demand = pool.demand(SIZE)) {
            demand.add(100);
            burst(100);
            pool.clear();
            assertThat(pool.stats().allocatedBytes()).isZero();
            burst(100);
            pool.close();
            assertThat(pool.stats().allocatedBytes()).isZero();
        }
    }

    /** Longest unused or not: what somebody has asked for is taken last. */
    @Test
    void savesIdleMemoryWhileThereIsOtherToReclaim() {
        int half = 512 << 10;
        PoolFixture tight = new PoolFixture(BufferPool.builder().maxBytes(2 * half));
        Demand demand = tight.pool.demand(half);
        demand.add(1);
        tight.pool.acquire(half).release();
        tight.clock.advance(Duration.ofMillis(1_500), 1);
        tight.pool.acquire(320 << 10).release();
        PooledBuffer other = tight.pool.acquire(384 << 10);
        assertThat(tight.pool.statsBySize().get(half).idleBytes()).isEqualTo(half);
        PooledBuffer another = tight.pool.acquire(384 << 10);
        assertThat(tight.pool.statsBySize().get(half).idleBytes()).isZero();
        other.release();
        another.release();
        demand.close();
        tight.verify();
    }

    @Test
    void ofASubscriberThatWantsAllStaysUnbounded() {
        Demand demand = pool.demand(SIZE);
        demand.add(Long.MAX_VALUE);
        demand.add(1);
        demand.add(-5);
        assertThat(demand.outstanding()).isEqualTo(Long.MAX_VALUE);
        burst(500);
        assertThat(pool.shrink()).as("bytes given back, though all are wanted").isZero();
        demand.close();
        assertThat(pool.stats().demand()).isZero();
    }

    @Test
    void ofManyUnboundedSubscribersIsPositive() {
        List<Demand> demands = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            demands.add(pool.demand(1 << 20));
            demands.get(i).add(i + 1);
            demands.get(i).add(Long.MAX_VALUE - 1);
        }
        assertThat(pool.stats().demand()).isGreaterThan(Integer.MAX_VALUE);
        assertThat(pool.stats().demandBytes()).isEqualTo(Long.MAX_VALUE);
        demands.forEach(Demand::close);
        assertThat(pool.stats().demand()).isZero();
    }

    @Test
    void isNeverNegative() {
        try (Demand demand = pool.demand(SIZE)) {
            demand.add(2);
            assertThatThrownBy(() -> demand.add(-3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("3 buffers cannot be taken off a demand of 2");
            assertThatThrownBy(() -> demand.add(Long.MIN_VALUE)).isInstanceOf(IllegalArgumentException.class);
            assertThat(pool.stats().demand()).isEqualTo(2);
        }
    }
}
