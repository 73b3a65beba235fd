package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.Demand;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PoolVerifierTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Executor SOON = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);

    private final BufferPool pool = BufferPool.builder()
            .name("verified")
            .direct(false)
            .maxBytes(8_192)
            .leakDetection(LeakDetection.EVERY)
            .clock(VirtualPoolClock.create())
            .build();

    @AfterEach
    void atRest() {
        PoolVerifier.that(pool).isAtRest(LIMIT);
        pool.close();
    }

    @Test
    void saysWhatHolds() {
        PoolVerifier.that(pool)
                .isAtRest()
                .isSound()
                .hasInFlight(0)
                .hasIdle(0)
                .hasAllocatedBytes(0)
                .hasLost(0);
        PooledBuffer first = pool.acquire(4_096);
        PooledBuffer second = pool.acquire(4_096);
        CompletableFuture<PooledBuffer> third = pool.request(4_096);
        PoolVerifier.that(pool)
                .isSound()
                .hasInFlight(2)
                .hasInFlightBytes(8_192)
                .hasIdle(0)
                .hasIdleBytes(0)
                .hasPending(1)
                .hasDemand(1);
        third.cancel(false);
        first.release();
        PoolVerifier.that(pool).hasPending(0).hasInFlight(1).hasIdle(1).hasIdleBytes(4_096);
        second.release();
    }

    @Test
    void saysAllNumbersIfItDoesNotHold() {
        PooledBuffer held = pool.acquire(4_096);
        assertThatThrownBy(() -> PoolVerifier.that(pool).hasInFlight(2))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith(
                        "pool 'verified' has 1 buffers in flight, not 2: 1 in flight (4,096 bytes), 0 lost,"
                                + " 0 pending, demand for 0 (0 bytes)\n")
                .hasMessageContaining("PoolVerifierTest.saysAllNumbersIfItDoesNotHold(PoolVerifierTest.java:");
        assertThatThrownBy(() ->
                        PoolVerifier.that(pool).within(Duration.ofMillis(5)).hasIdle(7))
                .hasMessageStartingWith("pool 'verified' has 0 idle buffers after 5 ms, not 7: ");
        assertThatThrownBy(() -> PoolVerifier.that(pool).isAtRest(Duration.ofMillis(5)))
                .hasMessageStartingWith("pool 'verified' is not at rest after 5 ms: 1 in flight");
        held.release();
        try (Demand demand = pool.demand(4_096)) {
            demand.add(2);
            assertThatThrownBy(() -> PoolVerifier.that(pool).isAtRest())
                    .hasMessageContaining(
                            "is not at rest: 0 in flight (0 bytes), 0 lost, 0 pending, demand for 2 (8,192");
        }
    }

    @Test
    void waitsForWhatComesBackOnAnotherThread() {
        PooledBuffer held = pool.acquire(4_096);
        SOON.execute(held::release);
        PoolVerifier.that(pool).within(LIMIT).hasInFlight(0).hasIdle(1).isAtRest();
    }
}
