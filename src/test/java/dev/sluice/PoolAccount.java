package dev.sluice;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** What must hold of the numbers of a pool while nothing moves. */
final class PoolAccount {

    private static final Future<?> NEVER = new CompletableFuture<Void>();

    /** A clock that stands still: nothing shrinks and nothing times out by itself. */
    static final PoolClock STILL = new PoolClock() {
        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Future<?> schedule(Runnable task, long delayNanos) {
            return NEVER;
        }
    };

    static final String EXACT = "exact";

    private PoolAccount() {}

    /** A heap pool in which only the threads of a test act. */
    static BufferPoolBuilder quietPool() {
        return BufferPool.builder()
                .direct(false)
                .leakDetection(LeakDetection.OFF)
                .clock(STILL)
                .shrinkInterval(Duration.ofDays(1));
    }

    /** {@link #EXACT}, or what is wrong, with all numbers. */
    static String of(BufferPool pool, long buffersInUse, long pending) {
        PoolStats stats = pool.stats();
        List<String> wrong = new ArrayList<>();
        expect("buffersInUse", buffersInUse, stats.buffersInUse(), wrong);
        expect("pending", pending, stats.pending(), wrong);
        expect(
                "acquisitions - releases - lost",
                buffersInUse,
                stats.totalAcquisitions() - stats.totalReleases() - stats.lost(),
                wrong);
        expect("in use + available", stats.totalAllocated(), stats.buffersInUse() + stats.availableBuffers(), wrong);
        expect("in use + idle bytes", stats.allocatedBytes(), stats.bytesInUse() + stats.idleBytes(), wrong);
        expect("hits + misses", stats.totalAcquisitions(), stats.hits() + stats.misses(), wrong);
        expect("contested", pending > 0 ? 1 : 0, pool.ledger().isContested() ? 1 : 0, wrong);
        return wrong.isEmpty() ? EXACT : wrong + " in " + stats;
    }

    /**
     * Releases what is left, which is every lease of a pool that is alone on its budget, and clears the pool: the account
     * must be exact before and after each.
     *
     * @param leases nulls do not count
     */
    static String afterRelease(BufferPool pool, PooledBuffer... leases) {
        List<PooledBuffer> left = Stream.of(leases).filter(Objects::nonNull).toList();
        String account = of(pool, left.size(), 0);
        left.forEach(PooledBuffer::release);
        account = account.equals(EXACT) ? of(pool, 0, 0) : account;
        pool.clear();
        PoolStats stats = pool.stats();
        List<String> wrong = new ArrayList<>();
        expect("totalAllocated", 0, stats.totalAllocated(), wrong);
        expect("allocatedBytes", 0, stats.allocatedBytes(), wrong);
        expect("budget used", 0, pool.budget().used(), wrong);
        return !account.equals(EXACT) || wrong.isEmpty() ? account : wrong + " after clear in " + stats;
    }

    static String state(PooledBuffer lease) {
        return lease == null ? "none" : lease.isReleased() ? "released" : "alive";
    }

    private static void expect(String what, long expected, long actual, List<String> wrong) {
        if (expected != actual) {
            wrong.add("%s: %,d, not %,d".formatted(what, actual, expected));
        }
    }
}
