package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** A raw view that is kept after the release of its lease. */
class StaleViewTest {

    @Test
    void cannotMoveTheNextHoldersViewWhereEveryLeaseIsWatched() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().leakDetection(LeakDetection.EVERY));
        PooledBuffer first = fixture.pool.acquire(1_000);
        ByteBuffer stale = first.byteBuffer();
        first.release();

        PooledBuffer next = fixture.pool.acquire(1_000);
        stale.order(ByteOrder.LITTLE_ENDIAN).position(5).limit(7);

        ViewAssertions.assertFresh(next.byteBuffer(), 1_000, true);
        assertThat(next.byteBuffer()).isNotSameAs(stale);
        next.release();
        fixture.verify();
    }

    @Test
    void cannotMoveTheViewOfAHolderWhoSaidWhoItIs() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder());
        fixture.pool.acquire(1_000).release();
        PooledBuffer second = fixture.pool.acquire(1_000);
        ByteBuffer stale = second.byteBuffer();
        second.release();

        PooledBuffer named = fixture.pool.acquire(1_000, "reader");
        stale.order(ByteOrder.LITTLE_ENDIAN).position(5).limit(7);

        ViewAssertions.assertFresh(named.byteBuffer(), 1_000, true);
        named.release();
        fixture.verify();
    }
}
