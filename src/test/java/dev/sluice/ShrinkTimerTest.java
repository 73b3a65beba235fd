package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The timer that shrinks a pool runs only while something is idle. */
class ShrinkTimerTest {

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final PoolFixture fixture = new PoolFixture(BufferPool.builder());
    private final BufferPool pool = fixture.pool;

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    private void assertTimers(int expected) {
        assertThat(fixture.clock.scheduled()).as("timers of %s", pool).isEqualTo(expected);
    }

    private void silence() {
        fixture.clock.advance(INTERVAL, 10);
    }

    @Test
    void anUnusedPoolHasNone() {
        assertTimers(0);
        silence();
        assertTimers(0);
    }

    @Test
    void aPoolWithIdleMemoryHasOne() {
        List<PooledBuffer> buffers = new ArrayList<>();
        for (int size : new int[] {100, 1_000, 10_000}) {
            buffers.add(pool.acquire(size));
            buffers.add(pool.acquire(size));
        }
        PoolFixture.release(buffers);
        assertTimers(1);
        fixture.clock.advance(INTERVAL);
        assertTimers(1);
    }

    @Test
    void itEndsWithTheLastIdleByte() {
        pool.acquire(1_000).release();
        silence();
        assertThat(pool.stats().allocatedBytes()).isZero();
        assertTimers(0);
    }

    @Test
    void aPoolInWhichEverythingIsInUseHasNone() {
        PooledBuffer held = pool.acquire(1_000);
        silence();
        assertTimers(0);
        held.release();
    }

    @Test
    void aReleaseAfterALongTimeArmsItAgain() {
        for (int round = 0; round < 3; round++) {
            PooledBuffer held = pool.acquire(1_000);
            silence();
            assertTimers(0);
            held.release();
            assertTimers(1);
            silence();
            assertThat(pool.stats().allocatedBytes())
                    .as("after round %d", round)
                    .isZero();
            assertTimers(0);
        }
    }

    @Test
    void theLastOfSeveralLeasesOnABufferArmsItAgain() {
        PooledBuffer held = pool.acquire(1_000);
        PooledBuffer part = held.slice(0, 10);
        held.release();
        silence();
        assertTimers(0);
        part.release();
        assertTimers(1);
        silence();
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void clearEndsItAtTheNextLook() {
        pool.acquire(1_000).release();
        pool.clear();
        fixture.clock.advance(INTERVAL);
        assertTimers(0);
        pool.acquire(1_000).release();
        assertTimers(1);
    }

    @Test
    void aClosedPoolHasNoneInTheEnd() {
        PooledBuffer held = pool.acquire(1_000);
        pool.acquire(2_000).release();
        pool.close();
        silence();
        assertTimers(0);
        held.release();
        silence();
        assertTimers(0);
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void largeExactBuffersNeedNone() {
        pool.acquire(5 << 20).release();
        silence();
        assertTimers(0);
    }

    @Test
    void itSleepsWhileALeasePinsAllThatIsIdleAndWakesWhenItComesBack() {
        List<PooledBuffer> all = fixture.takeAll(1_000);
        PooledBuffer kept = all.remove(60);
        PoolFixture.release(all);
        silence();
        assertThat(pool.stats().idleBytes()).as("of the pinned slab").isPositive();
        assertTimers(0);
        kept.release();
        silence();
        assertThat(pool.stats().allocatedBytes()).isZero();
        assertTimers(0);
    }
}
