package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.VirtualPoolClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The lender learns, once, when the last lease on what it lent has ended. */
class LendTest {

    private static final int SIZE = 1_000;

    private final LeakReports reports = new LeakReports();
    private final BufferPool pool = BufferPool.builder()
            .maxBytes(64 << 10)
            .leakDetection(LeakDetection.EVERY)
            .clock(VirtualPoolClock.create())
            .onLeak(reports)
            .build();
    private final PooledBuffer lender = pool.acquire(SIZE);
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() {
        lender.release();
        PoolInvariants.assertNothingLeft(pool);
    }

    private PooledBuffer lend(String name) {
        return lender.lend(() -> told.add(name));
    }

    @Test
    void tellsWhenTheLentLeaseIsReleased() {
        PooledBuffer lent = lend("lent");
        lent.byteBuffer().putLong(0, 42);
        assertThat(told).isEmpty();
        lent.release();
        lent.release();
        assertThat(told).containsExactly("lent");
        assertThat(lender.isReleased()).isFalse();
        assertThat(lender.byteBuffer().getLong(0)).isEqualTo(42);
    }

    @Test
    void tellsAfterTheLastOfThoseThatShare() {
        PooledBuffer lent = lend("lent");
        PooledBuffer twin = lent.retain();
        PooledBuffer part = twin.slice(10, 20);
        PooledBuffer other = lender.retain();
        lent.release();
        twin.release();
        assertThat(told).isEmpty();
        part.release();
        assertThat(told).as("what the lender shared otherwise does not count").containsExactly("lent");
        other.release();
        assertThat(told).hasSize(1);
    }

    @Test
    void aPartTellsToo() {
        lender.byteBuffer().put(10, (byte) 42);
        PooledBuffer part = lender.slice(10, 20, () -> told.add("part"));
        PooledBuffer ofPart = part.slice(0, 1, () -> told.add("of part"));
        assertThat(part.length()).isEqualTo(20);
        assertThat(ofPart.byteBuffer().get(0)).isEqualTo((byte) 42);
        part.release();
        assertThat(told).isEmpty();
        ofPart.release();
        ofPart.release();
        assertThat(told).containsExactly("of part", "part");
        assertThatThrownBy(() -> lender.slice(990, 11, () -> told.add("none")))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatNullPointerException()
                .isThrownBy(() -> lender.slice(0, 1, null))
                .withMessage("whenBack");
        assertThat(told).hasSize(2);
    }

    @Test
    void maySoBeLentAgain() {
        for (int i = 0; i < 3; i++) {
            lend("lent").release();
        }
        assertThat(told).hasSize(3);
        assertThat(pool.stats().totalAcquisitions()).isEqualTo(1);
    }

    @Test
    void whatWasLentMayBeLentOn() {
        PooledBuffer lent = lend("outer");
        PooledBuffer further = lent.lend(() -> told.add("inner"));
        lent.release();
        assertThat(told).isEmpty();
        further.release();
        assertThat(told).containsExactly("inner", "outer");
    }

    @Test
    void outlivesTheLender() {
        PooledBuffer lent = lend("lent");
        lender.release();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        lent.release();
        assertThat(told).containsExactly("lent");
    }

    @Test
    void aReleasedLenderLendsNothing() {
        lender.release();
        assertThatThrownBy(() -> lend("lent")).isInstanceOf(BufferReleasedException.class);
        assertThatNullPointerException()
                .isThrownBy(() -> pool.acquire(1).lend(null))
                .withMessage("whenBack");
        reports.next();
    }

    @Test
    void whatTheListenerThrowsReachesTheReleaserAndNobodyElse() {
        PooledBuffer lent = lender.lend(() -> {
            throw new IllegalStateException("the listener's");
        });
        PooledBuffer further = lent.lend(() -> told.add("inner"));
        lent.release();
        assertThatThrownBy(further::release).hasMessage("the listener's");
        assertThat(told).containsExactly("inner");
    }

    /** Somebody may still see what was lost, so nobody may be given it. */
    @Test
    void aLostLeaseTakesTheLenderWithIt() throws InterruptedException {
        BlockingQueue<Boolean> lenderReleased = new LinkedBlockingQueue<>();
        loseOne(lenderReleased);
        reports.next();
        assertThat(lenderReleased.poll(10, TimeUnit.SECONDS)).isTrue();
        assertThat(pool.stats().lost()).isEqualTo(1);
    }

    private void loseOne(BlockingQueue<Boolean> lenderReleased) {
        lender.lend(() -> lenderReleased.add(lender.isReleased()));
    }

    @Test
    void aLostPartLeavesTheOthersTheirs() throws InterruptedException {
        BlockingQueue<Boolean> lenderReleased = new LinkedBlockingQueue<>();
        losePart(lenderReleased);
        reports.next();
        assertThat(lenderReleased.poll(10, TimeUnit.SECONDS)).isFalse();
        lender.release();
        assertThat(pool.stats().lost()).isEqualTo(1);
    }

    private void losePart(BlockingQueue<Boolean> lenderReleased) {
        lender.slice(1, 2, () -> lenderReleased.add(lender.isReleased()));
    }
}
