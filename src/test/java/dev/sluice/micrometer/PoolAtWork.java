package dev.sluice.micrometer;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.PoolVerifier;
import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A pool of 16 KiB that has done a little of everything, with three leases and a request left. */
final class PoolAtWork implements AutoCloseable {

    final VirtualPoolClock clock = VirtualPoolClock.create();
    final BufferPool pool = BufferPool.builder()
            .name("work")
            .direct(false)
            .maxBytes(16_384)
            .leakDetection(LeakDetection.EVERY)
            .clock(clock)
            .build();

    private PooledBuffer small;
    private PooledBuffer first;
    private PooledBuffer second;
    private CompletableFuture<PooledBuffer> waiting;

    /** Leases and releases, waits, is refused, overflows, shrinks and reclaims. */
    PoolAtWork work() {
        PooledBuffer held = pool.acquire(1_000);
        clock.advance(Duration.ofMillis(2));
        held.release();
        pool.acquire(1_000).release();
        clock.advance(Duration.ofSeconds(1), 5);
        pool.acquire(16_384).release();

        small = pool.acquire(64);
        first = pool.acquire(4_096);
        second = pool.acquire(4_096);
        CompletableFuture<PooledBuffer> timingOut = pool.request(16_000, Duration.ofMillis(3));
        clock.advance(Duration.ofMillis(3));
        timingOut.isCompletedExceptionally();
        CompletableFuture<PooledBuffer> cancelled = pool.request(16_000);
        cancelled.cancel(false);
        if (pool.tryAcquire(16_000).isPresent()) {
            throw new AssertionError("there is no room for that");
        }
        CompletableFuture<PooledBuffer> granted = pool.request(8_192);
        clock.advance(Duration.ofMillis(4));
        first.release();
        granted.getNow(null).release();
        first = pool.acquire(4_096);
        waiting = pool.request(16_000);
        pool.reportOverflow(5_000, "test");
        return this;
    }

    @Override
    public void close() {
        if (waiting != null) {
            waiting.cancel(false);
            small.release();
            first.release();
            second.release();
        }
        PoolVerifier.that(pool).isAtRest();
        pool.close();
    }
}
