package dev.sluice;

import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code minIdleBytes}: so much does not shrink by itself. */
class MinIdleTest {

    private static final int KIB = 1 << 10;
    private static final int MIN_IDLE = 100 * KIB;

    private final PoolFixture fixture =
            new PoolFixture(BufferPool.builder().maxBytes(64 << 20).minIdleBytes(MIN_IDLE));
    private final BufferPool pool = fixture.pool;

    private void burst(int buffers, int size) {
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < buffers; i++) {
            held.add(pool.acquire(size));
        }
        release(held);
    }

    private void silence() {
        fixture.clock.advance(Duration.ofSeconds(1), 20);
    }

    @Test
    void isKeptInSilence() {
        burst(1_000, KIB);
        silence();
        assertThat(pool.stats().idleBytes()).isBetween((long) MIN_IDLE, MIN_IDLE + 64L * KIB);
        assertThat(pool.shrink()).as("more to give back").isZero();
        fixture.verify();
    }

    @Test
    void isSharedByAllSizes() {
        burst(80, KIB);
        burst(80, 4 * KIB);
        burst(80, 128);
        silence();
        assertThat(pool.stats().idleBytes()).isBetween((long) MIN_IDLE, MIN_IDLE + 256L * KIB);
        fixture.verify();
    }

    @Test
    void isLeftByAllSizesTogether() {
        burst(64, KIB);
        burst(64, 896);
        pool.shrink();
        assertThat(pool.stats().idleBytes()).isGreaterThanOrEqualTo(MIN_IDLE).isLessThan(120 * KIB);
    }

    @Test
    void isNotMadeAhead() {
        burst(10, KIB);
        silence();
        assertThat(pool.stats().idleBytes()).isEqualTo(pool.stats().peakBytes()).isLessThan(MIN_IDLE);
        fixture.verify();
    }

    @Test
    void isGivenUpByClear() {
        burst(1_000, KIB);
        pool.clear();
        assertThat(pool.stats().allocatedBytes()).isZero();
        fixture.verify();
    }

    @Test
    void isGivenUpByClose() {
        burst(1_000, KIB);
        pool.close();
        assertThat(pool.stats().allocatedBytes()).isZero();
        fixture.verify();
    }

    @Test
    void isReclaimedForARequestThatNeedsIt() {
        PoolFixture tight =
                new PoolFixture(BufferPool.builder().maxBytes(64 * KIB).minIdleBytes(64 * KIB));
        release(tight.takeAll(KIB));
        tight.pool.acquire(64 * KIB).release();
        assertThat(tight.pool.stats().reclaimedBytes()).isEqualTo(64 * KIB);
        tight.verify();
    }
}
