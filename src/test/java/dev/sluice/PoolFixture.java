package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A pool for one test, on a clock that stands still, and the proof afterwards that nothing is left of it. */
final class PoolFixture {

    /** More than any bound of a test admits: where an unbounded loop ends. */
    private static final int TOO_MANY = 100_000;

    final VirtualPoolClock clock = VirtualPoolClock.create();
    final BufferPool pool;

    private final Queue<LeakReport> leaks = new ConcurrentLinkedQueue<>();
    private final List<BufferPool> pools = new ArrayList<>();
    private PooledBuffer obstacle;
    private CompletableFuture<PooledBuffer> waiter;

    PoolFixture(PoolShape shape) {
        this(shape.builder());
        if (shape.crowded()) {
            crowd();
        }
    }

    PoolFixture(BufferPoolBuilder builder) {
        pool = add(builder);
    }

    /** Adds a pool that draws on the same budgets. */
    BufferPool add(BufferPoolBuilder builder) {
        BufferPool added = builder.clock(clock).onLeak(leaks::add).build();
        pools.add(added);
        return added;
    }

    /** Lets somebody wait for another pool's only buffer, under the same ledger and no common bound. */
    private void crowd() {
        BufferPool crowd = add(BufferPool.builder()
                .name("crowd")
                .direct(false)
                .budget(pool.budget())
                .maxBuffersPerSize(1));
        obstacle = crowd.acquire(64);
        waiter = crowd.request(64);
        assertThat(waiter).as("the request that crowds the ledger").isNotDone();
    }

    /** Leases buffers of one size until there are no more. */
    List<PooledBuffer> takeAll(int size) {
        List<PooledBuffer> taken = new ArrayList<>();
        for (Optional<PooledBuffer> next = pool.tryAcquire(size); next.isPresent(); next = pool.tryAcquire(size)) {
            taken.add(next.get());
            assertThat(taken).as("buffers of %,d bytes from %s", size, pool).hasSizeLessThan(TOO_MANY);
        }
        return taken;
    }

    BufferPool[] pools() {
        return pools.toArray(BufferPool[]::new);
    }

    static void release(Collection<? extends PooledBuffer> buffers) {
        buffers.forEach(PooledBuffer::release);
    }

    static PooledBuffer granted(CompletableFuture<PooledBuffer> request) {
        // On a busy machine another thread may deliver what a blocked one holds up.
        assertThat(request).as("request").succeedsWithin(Duration.ofSeconds(5));
        return request.join();
    }

    /** Asserts that everything came back, by itself, and that {@code clear()} leaves nothing behind. */
    void verify() {
        if (waiter != null) {
            assertThat(waiter).as("the request that crowds the ledger").isNotDone();
            obstacle.release();
            granted(waiter).release();
        }
        PoolInvariants.assertNothingLeft(pools());
        assertThat(leaks).as("lost leases").isEmpty();
    }
}
