package dev.sluice;

import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Idle memory follows recent demand, on a clock that is moved by hand; one interval is a second. */
class ShrinkingTest {

    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int SIZE = 64;
    private static final int LARGEST_SLAB = 64;

    private final PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(64 << 20));
    private final BufferPool pool = fixture.pool;

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    private void burst(int buffers, int size) {
        List<PooledBuffer> held = new ArrayList<>(buffers);
        for (int i = 0; i < buffers; i++) {
            held.add(pool.acquire(size));
        }
        release(held);
    }

    private long slots() {
        return pool.stats().allocatedBytes() / SIZE;
    }

    private void look() {
        fixture.clock.advance(INTERVAL);
    }

    @Test
    void nothingThatWasUsedGoesInItsInterval() {
        burst(1_024, SIZE);
        assertThat(slots()).isEqualTo(1_024);
        look();
        assertThat(slots()).isEqualTo(1_024);
        assertThat(pool.stats().shrunkBytes()).isZero();
    }

    @Test
    void aBurstIsHalvedInEachIntervalOfSilenceDownToNothing() {
        int burst = 8_192;
        burst(burst, SIZE);
        look();
        for (int silent = 1; silent <= 13; silent++) {
            look();
            assertThat(slots())
                    .as("slots after %d intervals of silence", silent)
                    .isBetween((long) burst >> silent, (burst >> silent) + LARGEST_SLAB - 1L);
        }
        look();
        assertThat(slots()).as("after 14 intervals of silence").isZero();
        assertThat(pool.stats().shrunkBytes()).isEqualTo(pool.stats().peakBytes());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 64, 65, 700, 5_000})
    void everyBurstIsGoneAfterOneIntervalMoreThanItHasDoublings(int burst) {
        burst(burst, SIZE);
        look();
        for (int left = burst; left > 0; left /= 2) {
            look();
        }
        assertThat(slots()).isZero();
        assertThat(fixture.clock.scheduled()).isZero();
    }

    @Test
    void steadyUseKeepsWhatItNeedsAndNothingMore() {
        burst(3_000, SIZE);
        for (int interval = 0; interval < 20; interval++) {
            burst(100, SIZE);
            look();
        }
        assertThat(slots()).isBetween(100L, 100L + LARGEST_SLAB - 1);

        long misses = pool.stats().misses();
        for (int interval = 0; interval < 20; interval++) {
            burst(100, SIZE);
            look();
        }
        assertThat(pool.stats().misses()).as("memory made for steady use").isEqualTo(misses);
    }

    @Test
    void halfOfAPeakOutlastsAQuietInterval() {
        burst(1_024, SIZE);
        look();
        for (int swing = 0; swing < 10; swing++) {
            burst(10, SIZE);
            look();
            assertThat(slots()).as("after a quiet interval").isBetween(512L, 512L + LARGEST_SLAB - 1);
            burst(1_024, SIZE);
            look();
            assertThat(slots()).as("after the next peak").isEqualTo(1_024);
        }
    }

    @Test
    void aBufferThatIsHeldIsDemandInEveryInterval() {
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            held.add(pool.acquire(SIZE));
            Stamp.write(held.get(i).byteBuffer(), i);
        }
        long allocated = slots();
        for (int interval = 0; interval < 30; interval++) {
            look();
        }
        assertThat(slots()).isEqualTo(allocated);
        for (int i = 0; i < held.size(); i++) {
            Stamp.verify(held.get(i).byteBuffer(), i);
        }
        release(held);
    }

    /** Large enough to have a slab each, so that any of them could go. */
    @Test
    void whatIsUsedBesideWhatIsHeldIsKept() {
        int large = 2 << 20;
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            held.add(pool.acquire(large));
        }
        burst(3, large);
        look();
        for (int interval = 0; interval < 10; interval++) {
            burst(3, large);
            look();
        }
        assertThat(pool.stats().misses()).as("memory made").isEqualTo(7);
        assertThat(pool.stats().shrunkBytes()).isZero();
        release(held);
    }

    @Test
    void whatIsInUseIsNeverTouchedWhileTheRestGoes() {
        List<PooledBuffer> all = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            all.add(pool.acquire(SIZE));
        }
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            PooledBuffer kept = all.remove(i * 150);
            Stamp.write(kept.byteBuffer(), i);
            held.add(kept);
        }
        release(all);
        for (int interval = 0; interval < 20; interval++) {
            look();
            burst(5, SIZE);
        }
        for (int i = 0; i < held.size(); i++) {
            Stamp.verify(held.get(i).byteBuffer(), i);
        }
        assertThat(pool.stats().buffersInUse()).isEqualTo(10);
        assertThat(slots()).as("the slabs of ten leases, and what is used").isLessThanOrEqualTo(11 * LARGEST_SLAB);
        release(held);
    }

    @Test
    void sizesShrinkIndependently() {
        burst(512, SIZE);
        burst(512, 1_024);
        look();
        for (int interval = 0; interval < 12; interval++) {
            burst(512, 1_024);
            look();
        }
        assertThat(pool.statsBySize().get(SIZE).allocatedBytes()).isZero();
        assertThat(pool.statsBySize().get(1_024).allocatedBytes()).isEqualTo(512 * 1_024);
    }

    @Test
    void theLongestUnusedSlabGoesFirst() {
        for (boolean reversed : new boolean[] {false, true}) {
            PooledBuffer one = pool.acquire(SIZE);
            PooledBuffer other = pool.acquire(SIZE);
            PooledBuffer fresh = reversed ? other : one;
            PooledBuffer old = reversed ? one : other;
            Stamp.write(fresh.byteBuffer(), 1);
            Stamp.write(old.byteBuffer(), 2);
            try (Demand demand = pool.demand(SIZE)) {
                demand.add(2);
                old.release();
                for (int interval = 0; interval < 5; interval++) {
                    look();
                }
                fresh.release();
                assertThat(slots()).as("slots that demand keeps").isEqualTo(2);
            }
            look();
            assertThat(slots()).isEqualTo(1);
            try (PooledBuffer left = pool.acquire(SIZE)) {
                Stamp.verify(left.byteBuffer(), 1);
            }
            pool.clear();
        }
    }

    @Test
    void largeExactBuffersAreNeverIdle() {
        PooledBuffer large = pool.acquire(5 << 20);
        look();
        large.release();
        assertThat(pool.stats().allocatedBytes()).isZero();
        assertThat(pool.stats().shrunkBytes())
                .as("freed by its release, not by shrinking")
                .isZero();
    }

    @Test
    void shrinkGivesBackAtOnceWhatUseAndDemandDoNotJustify() {
        burst(1_000, SIZE);
        long allocated = pool.stats().allocatedBytes();
        assertThat(pool.shrink()).isEqualTo(allocated);
        assertThat(slots()).isZero();
        assertThat(pool.stats().shrunkBytes()).isEqualTo(allocated);
        assertThat(pool.shrink()).isZero();
    }

    @Test
    void shrinkKeepsWhatIsInUseAndWanted() {
        PooledBuffer held = pool.acquire(SIZE);
        try (Demand demand = pool.demand(1_024)) {
            demand.add(3);
            burst(64, 1_024);
            burst(500, SIZE);
            Stamp.write(held.byteBuffer(), 1);
            pool.shrink();
            assertThat(pool.statsBySize().get(SIZE).allocatedBytes()).isEqualTo(SIZE);
            assertThat(pool.statsBySize().get(1_024).allocatedBytes() / 1_024).isBetween(3L, 3L + LARGEST_SLAB - 1);
            Stamp.verify(held.byteBuffer(), 1);
        }
        held.release();
    }

    @Test
    void theIntervalMayBeChosen() {
        PoolFixture slow = new PoolFixture(BufferPool.builder().shrinkInterval(Duration.ofMinutes(1)));
        slow.pool.acquire(SIZE).release();
        slow.clock.advance(Duration.ofSeconds(119));
        assertThat(slow.pool.stats().allocatedBytes()).isEqualTo(SIZE);
        slow.clock.advance(Duration.ofSeconds(1));
        assertThat(slow.pool.stats().allocatedBytes()).isZero();
        slow.verify();
    }
}
