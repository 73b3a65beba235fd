package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many leases may share one buffer. */
class SharingLimitTest {

    private static final int MOST_SHARES = 2_097_151;

    @Test
    void oneLeaseTooManyIsRefusedAndTheOthersLiveOn() {
        BufferPool pool = BufferPool.builder()
                .direct(false)
                .leakDetection(LeakDetection.OFF)
                .build();
        PooledBuffer first = pool.acquire(8);
        PooledBuffer share = first.retain();
        // Unreleased and forgotten: nobody watches them, and they still count.
        for (int i = 1; i < MOST_SHARES; i++) {
            share = first.retain();
        }
        PooledBuffer last = share;
        String most = Numbers.grouped(MOST_SHARES);
        assertThatThrownBy(first::retain)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(most);
        assertThatThrownBy(last::retain)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(most);
        assertThatThrownBy(() -> last.slice(0, 1)).isInstanceOf(IllegalStateException.class);

        assertThat(first.isReleased()).isFalse();
        assertThat(last.isReleased()).isFalse();
        last.release();
        first.retain().release();
        first.release();
        assertThat(first.isReleased()).isTrue();
        assertThat(pool.stats().buffersInUse())
                .as("pinned by those that were forgotten")
                .isEqualTo(1);
    }

    @Test
    void thousandsOfSharesComeBackOneByOne() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().leakDetection(LeakDetection.EVERY));
        List<PooledBuffer> shares = new ArrayList<>(List.of(fixture.pool.acquire(1_000)));
        for (int i = 0; i < 5_000; i++) {
            shares.add(shares.get(i / 2).slice(0, 10));
        }
        PoolFixture.release(shares);
        assertThat(fixture.pool.stats().totalReleases()).isEqualTo(1);
        fixture.verify();
    }
}
