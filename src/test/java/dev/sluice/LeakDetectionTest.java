package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Which leases are watched at each level. */
class LeakDetectionTest {

    private static final int SIZE = 1_000;
    private static final int SAMPLED_ONE_IN = 1_024;

    private final LeakReports reports = new LeakReports();

    private BufferPool pool(LeakDetection level) {
        return BufferPool.builder()
                .leakDetection(level)
                .clock(VirtualPoolClock.create())
                .onLeak(reports)
                .build();
    }

    private static void lose(BufferPool pool) {
        pool.acquire(SIZE);
    }

    private static void loseFor(BufferPool pool, String holder) {
        pool.acquire(SIZE, holder);
    }

    private static void useAndRelease(BufferPool pool, int times) {
        for (int i = 0; i < times; i++) {
            pool.acquire(SIZE).release();
        }
    }

    @Test
    void sampledIsTheDefault() {
        BufferPool pool = BufferPool.builder()
                .clock(VirtualPoolClock.create())
                .onLeak(reports)
                .build();
        lose(pool);
        assertThat(reports.next().length()).isEqualTo(SIZE);
        assertThat(pool.stats().lost()).isEqualTo(1);
    }

    @Test
    void sampledWatchesTheFirstLeaseOfASlab() {
        BufferPool pool = pool(LeakDetection.SAMPLED);
        lose(pool);
        assertThat(reports.next().takenAt().get(0).getMethodName()).isEqualTo("lose");
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void sampledWatchesOneInSoManyAfterIt() {
        BufferPool pool = pool(LeakDetection.SAMPLED);
        useAndRelease(pool, SAMPLED_ONE_IN);
        lose(pool);
        assertThat(reports.next().length()).isEqualTo(SIZE);
    }

    @Test
    void sampledWatchesOneInAMillisecondAtMost() {
        VirtualPoolClock clock = VirtualPoolClock.create();
        for (boolean later : new boolean[] {false, true}) {
            BufferPool pool = BufferPool.builder().clock(clock).onLeak(reports).build();
            useAndRelease(pool, 2 * SAMPLED_ONE_IN);
            if (later) {
                clock.advance(Duration.ofMillis(1));
            }
            lose(pool);
            if (later) {
                assertThat(reports.next().length()).isEqualTo(SIZE);
            } else {
                assertThat(reports.untilNow(pool)).isEmpty();
            }
        }
    }

    @Test
    void sampledDoesNotWatchTheOthers() {
        BufferPool pool = pool(LeakDetection.SAMPLED);
        useAndRelease(pool, 1);
        lose(pool);
        assertThat(reports.untilNow(pool)).isEmpty();
        assertThat(pool.stats().buffersInUse())
                .as("what is not watched is not found")
                .isEqualTo(1);
    }

    @Test
    void sampledWatchesEveryLeaseOfAHolder() {
        BufferPool pool = pool(LeakDetection.SAMPLED);
        useAndRelease(pool, 1);
        for (int i = 0; i < 10; i++) {
            loseFor(pool, "holder " + i);
        }
        assertThat(reports.next(10))
                .extracting(LeakReport::holder)
                .containsExactlyInAnyOrder(
                        "holder 0",
                        "holder 1",
                        "holder 2",
                        "holder 3",
                        "holder 4",
                        "holder 5",
                        "holder 6",
                        "holder 7",
                        "holder 8",
                        "holder 9");
        assertThat(pool.stats().lost()).isEqualTo(10);
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void everyWatchesEveryLease() {
        BufferPool pool = pool(LeakDetection.EVERY);
        useAndRelease(pool, 3);
        for (int i = 0; i < 10; i++) {
            lose(pool);
        }
        assertThat(reports.next(10)).extracting(LeakReport::length).containsOnly(SIZE);
        assertThat(pool.stats().lost()).isEqualTo(10);
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void offWatchesNoneNotEvenThoseOfAHolder() {
        BufferPool pool = pool(LeakDetection.OFF);
        lose(pool);
        loseFor(pool, "holder");
        assertThat(reports.untilNow(pool)).isEmpty();
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
    }

    @Test
    void changingTheLevelConcernsSlabsThatExistAndThoseToCome() {
        BufferPool pool = pool(LeakDetection.OFF);
        assertThat(pool.leakDetection()).isEqualTo(LeakDetection.OFF);
        useAndRelease(pool, 3);
        pool.setLeakDetection(LeakDetection.EVERY);
        assertThat(pool.leakDetection()).isEqualTo(LeakDetection.EVERY);
        for (int i = 0; i < 10; i++) {
            lose(pool);
        }
        loseLarge(pool);
        assertThat(reports.next(11)).hasSize(11);
        assertThat(pool.stats().lost()).isEqualTo(11);
        PoolInvariants.assertNothingLeft(pool);
    }

    private static void loseLarge(BufferPool pool) {
        pool.acquire(5 << 20);
    }

    @Test
    void changingTheLevelToSampledAndOff() {
        BufferPool pool = pool(LeakDetection.EVERY);
        useAndRelease(pool, 1);
        pool.setLeakDetection(LeakDetection.SAMPLED);
        lose(pool);
        loseFor(pool, "holder");
        assertThat(reports.next().holder()).isEqualTo("holder");
        pool.setLeakDetection(LeakDetection.OFF);
        loseFor(pool, "holder");
        assertThat(reports.untilNow(pool)).isEmpty();
        assertThat(pool.stats().lost()).isEqualTo(1);
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
    }

    /** A lease stays as it was taken: one that is watched is reported, and its release finds its watch. */
    @Test
    void changingTheLevelLeavesLeasesAsTheyWereTaken() {
        BufferPool pool = pool(LeakDetection.EVERY);
        PooledBuffer watched = pool.acquire(SIZE);
        pool.setLeakDetection(LeakDetection.OFF);
        loseShare(watched);
        assertThat(reports.next().length()).isEqualTo(10);
        watched.release();
        assertThat(reports.untilNow(pool)).isEmpty();
        PoolInvariants.assertNothingLeft(pool);
    }

    private static void loseShare(PooledBuffer buffer) {
        buffer.slice(0, 10);
    }
}
