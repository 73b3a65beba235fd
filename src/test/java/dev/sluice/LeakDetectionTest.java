package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which leases are watched at each level. */
class LeakDetectionTest {

    private static final int SIZE = 1_000;
    private static final int SAMPLED_ONE_IN = 1_024;

    private final LeakReports reports = new LeakReports();

    private BufferPool pool(LeakDetection level) {
        return BufferPool.builder()
                .leakDetection(level)
                .clock(new ManualClock())
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
        BufferPool pool =
                BufferPool.builder().clock(new ManualClock()).onLeak(reports).build();
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
}
