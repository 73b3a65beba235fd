package dev.sluice;

import static dev.sluice.Numbers.grouped;
import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** When nothing is free, the error says how much was wanted, is in use, idle, allowed and waited for. */
class ExhaustionTest {

    /** The numbers that a reader needs to see what is wrong. */
    private record Numbers(int requested, long inUse, long idle, long limit, long pending) {}

    private static PoolExhaustedException refused(Runnable acquire) {
        return catchThrowableOfType(PoolExhaustedException.class, acquire::run);
    }

    private static PoolExhaustedException failed(CompletableFuture<?> request) {
        assertThat(request).as("request").isCompletedExceptionally();
        return (PoolExhaustedException)
                catchThrowableOfType(CompletionException.class, request::join).getCause();
    }

    private static void assertNumbers(PoolExhaustedException error, Numbers expected) {
        assertThat(error).as("refusal").isNotNull();
        assertThat(new Numbers(
                        error.requestedBytes(),
                        error.bytesInUse(),
                        error.idleBytes(),
                        error.limitBytes(),
                        error.pending()))
                .isEqualTo(expected);
        assertThat(error)
                .hasMessageContainingAll(
                        "lake",
                        grouped(expected.requested) + " bytes",
                        "in use " + grouped(expected.inUse) + " bytes",
                        "idle " + grouped(expected.idle) + " bytes",
                        expected.limit == Long.MAX_VALUE ? "limit none" : "limit " + grouped(expected.limit) + " bytes",
                        grouped(expected.pending) + " pending");
    }

    @Test
    void byBytes() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBytes(10_000));
        PooledBuffer held = fixture.pool.acquire(8_000);
        Numbers numbers = new Numbers(3_000, 8_192, 0, 10_000, 0);
        assertNumbers(refused(() -> fixture.pool.acquire(3_000)), numbers);
        assertNumbers(refused(() -> fixture.pool.acquire(3_000, "holder")), numbers);
        PooledBuffer small = fixture.pool.acquire(1_000);
        small.release();
        assertNumbers(refused(() -> fixture.pool.acquire(3_000)), new Numbers(3_000, 8_192, 1_024, 10_000, 0));
        held.release();
        fixture.verify();
    }

    @Test
    void byNumberOfBuffers() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBuffersPerSize(3));
        List<PooledBuffer> all = fixture.takeAll(1_000);
        assertNumbers(refused(() -> fixture.pool.acquire(999)), new Numbers(999, 3 * 1_024, 0, Long.MAX_VALUE, 0));
        release(all);
        fixture.verify();
    }

    @Test
    void byNumberOfLargeBuffers() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBuffersPerSize(1));
        PooledBuffer large = fixture.pool.acquire(5_000_000);
        assertNumbers(
                refused(() -> fixture.pool.acquire(6_000_000)),
                new Numbers(6_000_000, 5_000_000, 0, Long.MAX_VALUE, 0));
        large.release();
        fixture.verify();
    }

    @Test
    void byThoseWhoWait() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBytes(10_240));
        PooledBuffer held = fixture.pool.acquire(2_000);
        CompletableFuture<PooledBuffer> large = fixture.pool.request(10_000);
        CompletableFuture<PooledBuffer> other = fixture.pool.request(100);
        assertNumbers(refused(() -> fixture.pool.acquire(1_000)), new Numbers(1_000, 2_048, 0, 10_240, 2));
        held.release();
        PoolFixture.granted(large).release();
        PoolFixture.granted(other).release();
        fixture.verify();
    }

    @Test
    void byAFullParent() {
        MemoryBudget house = MemoryBudget.of("house", 8_192);
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").budget(house.child("tenant-a", 8_000)));
        BufferPool sibling = fixture.add(BufferPool.builder().name("sibling").budget(house.child("tenant-b", 8_000)));
        PooledBuffer held = sibling.acquire(7_000);
        PoolExhaustedException error = refused(() -> fixture.pool.acquire(2_000));
        assertNumbers(error, new Numbers(2_000, 0, 0, 8_000, 0));
        held.release();
        fixture.verify();
    }

    @Test
    void theReasonNamesTheBudgetThatRefused() {
        MemoryBudget house = MemoryBudget.of("house", 8_192);
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").budget(house.child("tenant-a", 8_000)));
        BufferPool sibling = fixture.add(BufferPool.builder().name("sibling").budget(house.child("tenant-b", 8_000)));
        PooledBuffer held = sibling.acquire(7_000);
        assertThat(refused(() -> fixture.pool.acquire(2_000)))
                .as("a pool with nothing in use is refused by its budget's parent")
                .hasMessageContainingAll("house", grouped(7_168), grouped(8_192));
        held.release();
        fixture.verify();
    }

    @Test
    void theReasonNamesTheBoundOnBuffers() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBuffersPerSize(37));
        List<PooledBuffer> all = fixture.takeAll(1_000);
        fixture.pool.acquire(2_000).release();
        assertThat(refused(() -> fixture.pool.acquire(1_000)))
                .as("all buffers of this size are in use")
                .hasMessageContainingAll("37", grouped(1_024));
        release(all);
        fixture.verify();
    }

    @Test
    void byTime() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBytes(10_000));
        PooledBuffer held = fixture.pool.acquire(8_000);
        CompletableFuture<PooledBuffer> request = fixture.pool.request(3_000, Duration.ofSeconds(7));
        fixture.clock.advance(Duration.ofSeconds(7));
        PoolExhaustedException error = failed(request);
        assertThat(error).hasMessageContaining("PT7S");
        assertThat(error.requestedBytes()).isEqualTo(3_000);
        assertThat(error.bytesInUse()).isEqualTo(8_192);
        assertThat(error.limitBytes()).isEqualTo(10_000);
        held.release();
        fixture.verify();
    }

    @Test
    void byTooManyWhoWait() {
        PoolFixture fixture = new PoolFixture(
                BufferPool.builder().name("lake").maxBytes(10_000).maxPending(2));
        PooledBuffer held = fixture.pool.acquire(8_000);
        CompletableFuture<PooledBuffer> first = fixture.pool.request(3_000);
        CompletableFuture<PooledBuffer> second = fixture.pool.request(3_000);
        assertNumbers(failed(fixture.pool.request(3_000)), new Numbers(3_000, 8_192, 0, 10_000, 2));

        first.cancel(false);
        CompletableFuture<PooledBuffer> third = fixture.pool.request(3_000);
        assertThat(third).as("there is room for one more").isNotDone();
        second.cancel(false);
        third.cancel(false);
        held.release();
        fixture.verify();
    }

    @Test
    void nobodyMayWaitWhereMaxPendingIsZero() {
        PoolFixture fixture = new PoolFixture(
                BufferPool.builder().name("lake").maxBytes(10_000).maxPending(0));
        PooledBuffer held = PoolFixture.granted(fixture.pool.request(8_000));
        assertNumbers(failed(fixture.pool.request(3_000)), new Numbers(3_000, 8_192, 0, 10_000, 0));
        held.release();
        PoolFixture.granted(fixture.pool.request(8_000)).release();
        fixture.verify();
    }

    @Test
    void byCopy() {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBytes(10_000));
        PooledBuffer held = fixture.pool.acquire(8_000);
        assertNumbers(refused(held::copy), new Numbers(8_000, 8_192, 0, 10_000, 0));
        assertThat(catchThrowable(held::length))
                .as("the original after the refusal")
                .isNull();
        held.release();
        fixture.verify();
    }
}
