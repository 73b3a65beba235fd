package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A lease that became garbage unreleased is reported, and its bytes come back. Here every lease is watched. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class LostLeaseTest {

    private static final int SIZE = 1_000;
    private static final int CAPACITY = 1_024;

    private final LeakReports reports = new LeakReports();
    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final BufferPool pool;

    /** What a test holds until it lets it go. */
    private PooledBuffer held;

    LostLeaseTest(boolean direct) {
        pool = BufferPool.builder()
                .name("lake")
                .direct(direct)
                .maxBytes(64 << 10)
                .leakDetection(LeakDetection.EVERY)
                .clock(clock)
                .onLeak(reports)
                .build();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(reports.untilNow(pool)).as("reports that no test expected").isEmpty();
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void isReportedWithAllThatIsKnown() {
        take("reading chunk 7");
        clock.advance(Duration.ofSeconds(90));
        held = null;
        LeakReport report = reports.next();
        assertThat(report.pool()).isEqualTo("lake");
        assertThat(report.length()).isEqualTo(SIZE);
        assertThat(report.capacity()).isEqualTo(CAPACITY);
        assertThat(report.holder()).isNull();
        assertThat(report.lastTouch()).isEqualTo("reading chunk 7");
        assertThat(report.age()).isEqualTo(Duration.ofSeconds(90));
        assertThat(report.takenAt().get(0).getClassName()).isEqualTo(LostLeaseTest.class.getName());
        assertThat(report.takenAt().get(0).getMethodName()).isEqualTo("take");
        assertThat(report.takenAt()).as("frames").hasSizeBetween(2, 24);
        assertThat(report.place()).contains("LostLeaseTest.take(LostLeaseTest.java:");
        assertThat(report.toString())
                .contains("lake", Numbers.grouped(SIZE), Numbers.grouped(CAPACITY), "reading chunk 7", "PT1M30S")
                .contains("LostLeaseTest.take(LostLeaseTest.java:", "LostLeaseTest.isReportedWithAllThatIsKnown(");
    }

    private void take(String touch) {
        held = pool.acquire(SIZE).touch("opened").touch(touch);
    }

    private void lose() {
        pool.acquire(SIZE);
    }

    @Test
    void isReportedWithTheInnermostFramesOfADeepStack() {
        takeAtDepth(200);
        held = null;
        assertThat(reports.next().takenAt())
                .hasSize(24)
                .first()
                .extracting(StackTraceElement::getMethodName)
                .isEqualTo("take");
    }

    private void takeAtDepth(int depth) {
        if (depth == 0) {
            take("deep");
        } else {
            takeAtDepth(depth - 1);
        }
    }

    @Test
    void ofAHolderIsReportedInTheHoldersName() {
        acquireFor(new StringBuilder("reader of ").append("tide.csv"));
        LeakReport report = reports.next();
        assertThat(report.holder()).isEqualTo("reader of tide.csv");
        assertThat(report.place()).isEqualTo("reader of tide.csv");
        assertThat(report.takenAt()).isEmpty();
        assertThat(report.lastTouch()).isNull();
        assertThat(report.age()).isZero();
        assertThat(report.toString()).contains("reader of tide.csv", "lake");
    }

    private void acquireFor(Object holder) {
        pool.acquire(SIZE, holder);
    }

    @Test
    void ofARequestIsReported() {
        requestFor("uploader");
        assertThat(reports.next().holder()).isEqualTo("uploader");
    }

    private void requestFor(Object holder) {
        pool.request(SIZE, null, holder);
    }

    @Test
    void bringsItsBytesBack() {
        take("it");
        assertThat(pool.stats().bytesInUse()).isEqualTo(CAPACITY);
        held = null;
        reports.next();
        PoolStats stats = pool.stats();
        assertThat(stats.bytesInUse()).isZero();
        assertThat(stats.allocatedBytes())
                .as("its memory is forfeited, not idle")
                .isZero();
        assertThat(stats.lost()).isEqualTo(1);
        assertThat(stats.totalAcquisitions()).isEqualTo(1);
        assertThat(stats.totalReleases()).isZero();
        assertThat(pool.budget().used()).isZero();
    }

    @Test
    void oneOfManyLeavesTheOthersAlone() {
        List<PooledBuffer> kept = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            if (i % 5 == 3) {
                lose();
            } else {
                kept.add(pool.acquire(SIZE));
                Stamp.write(kept.get(kept.size() - 1).byteBuffer(), kept.size());
            }
        }
        reports.next(4);
        assertThat(pool.stats().buffersInUse()).isEqualTo(16);
        assertThat(pool.stats().lost()).isEqualTo(4);
        PoolInvariants.assertSound(pool);
        for (int i = 0; i < kept.size(); i++) {
            Stamp.verify(kept.get(i).byteBuffer(), i + 1);
        }
        PoolFixture.release(kept);
        assertThat(pool.stats().totalReleases()).isEqualTo(16);
    }

    @Test
    void letsThoseWhoWaitHaveItsBytes() {
        take("it");
        PooledBuffer rest = pool.acquire(48 << 10);
        CompletableFuture<PooledBuffer> waiting = pool.request(16 << 10);
        assertThat(waiting).isNotDone();
        held = null;
        reports.next();
        PoolFixture.granted(waiting).release();
        rest.release();
    }

    @Test
    void aTwinThatIsLostIsReportedAndTheBytesComeBackWithTheLastLease() {
        PooledBuffer first = pool.acquire(SIZE);
        loseTwin(first);
        assertThat(reports.next().lastTouch()).isEqualTo("twin");
        assertThat(pool.stats().buffersInUse())
                .as("the first lease still lives")
                .isEqualTo(1);
        assertThat(first.isReleased()).isFalse();
        first.release();
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(pool.stats().lost()).isEqualTo(1);
        assertThat(pool.stats().allocatedBytes())
                .as("a view of the twin may live")
                .isZero();
    }

    private static void loseTwin(PooledBuffer buffer) {
        buffer.retain().touch("twin");
    }

    @Test
    void aPartThatIsLostIsReportedWithItsLengthAndItsHolder() {
        PooledBuffer first = pool.acquire(SIZE, "parser");
        held = first.slice(5, 10);
        first.release();
        assertThat(pool.stats().bytesInUse()).isEqualTo(CAPACITY);
        held = null;
        LeakReport report = reports.next();
        assertThat(report.length()).isEqualTo(10);
        assertThat(report.capacity()).as("what it pinned").isEqualTo(CAPACITY);
        assertThat(report.holder()).isEqualTo("parser");
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void theFirstLeaseThatIsLostLeavesItsTwinAlive() {
        PooledBuffer twin = twinOfALostLease();
        assertThat(reports.next().length()).isEqualTo(SIZE);
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        Stamp.verify(twin.byteBuffer(), 8);
        twin.retain().release();
        twin.release();
        assertThat(pool.stats().allocatedBytes()).isZero();
        assertThat(pool.stats().lost()).isEqualTo(1);
    }

    private PooledBuffer twinOfALostLease() {
        PooledBuffer first = pool.acquire(SIZE);
        Stamp.write(first.byteBuffer(), 8);
        return first.retain();
    }

    @Test
    void allLeasesOnOneBufferThatAreLostAreReportedAndTheBufferCountsOnce() {
        loseAllOfOneBuffer();
        List<LeakReport> lost = reports.next(3);
        assertThat(lost).extracting(LeakReport::length).containsExactlyInAnyOrder(SIZE, SIZE, 10);
        assertThat(pool.stats().lost()).isEqualTo(1);
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    private void loseAllOfOneBuffer() {
        pool.acquire(SIZE).retain().slice(1, 10);
    }

    @Test
    void aLeaseThatWasReleasedIsNotReported() {
        for (int i = 0; i < 100; i++) {
            PooledBuffer buffer = pool.acquire(SIZE);
            PooledBuffer part = buffer.slice(0, 10);
            buffer.release();
            part.release();
        }
        assertThat(reports.untilNow(pool)).isEmpty();
        assertThat(pool.stats().lost()).isZero();
    }

    @Test
    void aLargeExactBufferComesBackToo() {
        BufferPool large = BufferPool.builder()
                .leakDetection(LeakDetection.EVERY)
                .clock(clock)
                .onLeak(reports)
                .build();
        acquireIn(large, 5 << 20);
        assertThat(reports.next().capacity()).isEqualTo(5 << 20);
        assertThat(large.stats().allocatedBytes()).isZero();
        PoolInvariants.assertNothingLeft(large);
    }

    private static void acquireIn(BufferPool pool, int size) {
        pool.acquire(size);
    }

    @Test
    void aClosedPoolGetsItsBytesBackToo() {
        lose();
        PooledBuffer last = pool.acquire(SIZE);
        pool.close();
        reports.next();
        assertThat(pool.stats().bytesInUse()).isEqualTo(CAPACITY);
        last.release();
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void theMemoryLeftInASlabWithALostLeaseIsUsedAndFreed() {
        List<PooledBuffer> others = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            others.add(pool.acquire(64));
        }
        pool.acquire(64).release();
        loseIn(64);
        reports.next();
        PoolFixture.release(others);
        long allocated = pool.stats().allocatedBytes();
        assertThat(allocated % 64).isZero();
        for (int i = 0; i < allocated / 64; i++) {
            others.add(pool.acquire(64));
        }
        assertThat(pool.stats().allocatedBytes()).isEqualTo(allocated);
        PoolFixture.release(others);
        clock.advance(Duration.ofSeconds(1), 12);
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    private void loseIn(int size) {
        acquireIn(pool, size);
    }
}
