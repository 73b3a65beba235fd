package dev.sluice;

import static dev.sluice.PoolFixture.granted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What closing a pool means to those who wait, there and elsewhere on the budget. */
class RequestCloseTest {

    private static final int KIB = 1 << 10;

    private final MemoryBudget house = MemoryBudget.of(64 * KIB);
    private final PoolFixture fixture =
            new PoolFixture(BufferPool.builder().name("lake").budget(house).maxBuffersPerSize(2));
    private final BufferPool pool = fixture.pool;
    private final BufferPool sibling =
            fixture.add(BufferPool.builder().name("sibling").budget(house));

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    private static void assertClosed(CompletableFuture<PooledBuffer> request) {
        assertThat(request).isCompletedExceptionally();
        assertThatThrownBy(request::join)
                .cause()
                .isInstanceOf(PoolClosedException.class)
                .hasMessageContainingAll("lake", "closed");
    }

    @Test
    void failsAllWhoWaitAtAnyBound() {
        List<PooledBuffer> held = List.of(pool.acquire(KIB), pool.acquire(KIB), sibling.acquire(32 * KIB));
        CompletableFuture<PooledBuffer> atItsSize = pool.request(KIB);
        CompletableFuture<PooledBuffer> withTimeout = pool.request(KIB, Duration.ofDays(1));
        CompletableFuture<PooledBuffer> atTheBudget = pool.request(63 * KIB);
        assertThat(pool.stats().pending()).isEqualTo(3);

        pool.close();

        assertClosed(atItsSize);
        assertClosed(withTimeout);
        assertClosed(atTheBudget);
        assertThat(pool.stats().pending()).isZero();
        PoolFixture.release(held);
    }

    @Test
    void servesThoseOfOtherPoolsWhoStoodBehind() {
        PooledBuffer held = sibling.acquire(KIB);
        CompletableFuture<PooledBuffer> large = pool.request(64 * KIB);
        CompletableFuture<PooledBuffer> other = sibling.request(8 * KIB);
        assertThat(other).isNotDone();
        pool.close();
        assertClosed(large);
        granted(other).release();
        held.release();
    }

    @Test
    void letsOthersHaveItsIdleMemory() {
        PooledBuffer held = sibling.acquire(32 * KIB);
        PooledBuffer kept = pool.acquire(16 * KIB);
        CompletableFuture<PooledBuffer> waiting = sibling.request(32 * KIB);
        pool.close();
        assertThat(waiting).isNotDone();
        kept.release();
        granted(waiting).release();
        held.release();
    }

    @Test
    void leavesOthersWhoWaitAlone() {
        PooledBuffer held = sibling.acquire(64 * KIB);
        CompletableFuture<PooledBuffer> first = sibling.request(KIB);
        CompletableFuture<PooledBuffer> failing = pool.request(KIB);
        CompletableFuture<PooledBuffer> second = sibling.request(KIB);
        pool.close();
        assertClosed(failing);
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();
        held.release();
        granted(first).release();
        granted(second).release();
    }

    @Test
    void refusesLaterRequestsThroughTheirFuture() {
        pool.close();
        assertClosed(pool.request(KIB));
        assertClosed(pool.request(KIB, Duration.ofSeconds(1)));
        assertThatThrownBy(() -> pool.request(0)).isInstanceOf(InvalidSizeException.class);
    }
}
