package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Threads of both kinds stamp buffers, pass them round a ring of queues, whole, shared and in parts, and verify the stamps
 * wherever a buffer changes hands: no memory is ever in two hands. At the end the account is exact.
 *
 * <p>What each thread does is drawn from a seed of its own; how they interleave is not.
 */
class BurnTest {

    private static final int PLATFORM_THREADS = 3;
    private static final int VIRTUAL_THREADS = 3;

    private static final long LEASES = 1_000_000;
    private static final long LONG_LEASES = 100_000_000;

    /** Where the buffers come from. */
    enum Ground {
        HEAP(35, 8_192) {
            @Override
            List<BufferPoolBuilder> pools() {
                return List.of(pool("heap").direct(false).maxBuffersPerSize(64));
            }
        },

        DIRECT(35, 65_536) {
            @Override
            List<BufferPoolBuilder> pools() {
                return List.of(pool("direct").maxBytes(8 << 20));
            }
        },

        /** Less than the threads would like to hold: they wait for one another, and some for nearly all of it. */
        TIGHT(5, 20_000) {
            @Override
            List<BufferPoolBuilder> pools() {
                return List.of(pool("tight").maxBytes(100_000).maxPending(20).maxBuffersPerSize(4));
            }
        },

        /** Five pools on three levels; each level alone would allow more than the one above it. */
        NESTED(25, 4_096) {
            @Override
            List<BufferPoolBuilder> pools() {
                MemoryBudget root = MemoryBudget.of("root", 100_000);
                MemoryBudget left = root.child("left", 60_000);
                MemoryBudget right = root.child("right", 60_000);
                MemoryBudget rightmost = right.child("rightmost", 40_000);
                return Stream.of(root, left, left, right, rightmost)
                        .map(budget -> pool(budget.name()).budget(budget))
                        .toList();
            }
        };

        /** How many of a hundred leases are taken here: fewer where they have to wait. */
        final int share;

        /** Random sizes go up to here. */
        final int largest;

        Ground(int share, int largest) {
            this.share = share;
            this.largest = largest;
        }

        abstract List<BufferPoolBuilder> pools();

        private static BufferPoolBuilder pool(String name) {
            return BufferPool.builder().name(name).shrinkInterval(Duration.ofMillis(20));
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneMillionLeases(Ground ground) throws Exception {
        burn(ground, LEASES / 100 * ground.share);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void hundredMillionLeases(Ground ground) throws Exception {
        burn(ground, LONG_LEASES / 100 * ground.share);
    }

    private static void burn(Ground ground, long leases) throws Exception {
        Queue<LeakReport> leaks = new ConcurrentLinkedQueue<>();
        List<BufferPool> pools = ground.pools().stream()
                .map(pool -> pool.onLeak(leaks::add).build())
                .toList();
        int threads = PLATFORM_THREADS + VIRTUAL_THREADS;
        BurnRing ring = new BurnRing(threads);
        List<BurnWorker> workers = IntStream.range(0, threads)
                .mapToObj(i -> new BurnWorker(i, pools, ground.largest, leases / threads, ring))
                .toList();

        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            running.add(start(i >= PLATFORM_THREADS, workers.get(i)));
        }
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(ring.failures()).as("failures of %s", workers).isEmpty();
        ring.endAll();
        assertThat(leaks).as("leases that were released and called lost").isEmpty();
        assertThat(pools).as("pools after %s", workers).allSatisfy(BurnTest::assertAtRest);
        assertBudgets(pools, workers);
    }

    private static Thread start(boolean virtual, Runnable work) throws Exception {
        if (virtual && Runtime.version().feature() >= 21) {
            return (Thread)
                    Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, work);
        }
        Thread thread = new Thread(work, "burn");
        thread.start();
        return thread;
    }

    private static void assertAtRest(BufferPool pool) {
        assertThat(PoolAccount.of(pool, 0, 0)).as(pool.name()).isEqualTo(PoolAccount.EXACT);
    }

    private static void assertBudgets(List<BufferPool> pools, List<BurnWorker> workers) {
        MemoryBudget root = rootOf(pools.get(0));
        // The clock runs on: what was idle may be given back between two looks.
        synchronized (root.ledger()) {
            assertThat(root.used())
                    .as("used of %s, allocated by %s", root, pools)
                    .isEqualTo(sum(pools, PoolStats::allocatedBytes));
        }
        assertThat(root.peak()).as("peak of %s", root).isLessThanOrEqualTo(root.limit());
        assertThat(sum(pools, PoolStats::totalAcquisitions))
                .as("acquisitions of %s; grants that lost to a cancel count too", pools)
                .isGreaterThanOrEqualTo(
                        workers.stream().mapToLong(BurnWorker::leased).sum());
        pools.forEach(BufferPool::clear);
        assertThat(pools).allSatisfy(pool -> {
            assertThat(PoolAccount.afterRelease(pool)).as(pool.name()).isEqualTo(PoolAccount.EXACT);
        });
        assertThat(root.used()).as("used of %s after clear", root).isZero();
    }

    private static long sum(List<BufferPool> pools, ToLongFunction<PoolStats> number) {
        return pools.stream().map(BufferPool::stats).mapToLong(number).sum();
    }

    private static MemoryBudget rootOf(BufferPool pool) {
        MemoryBudget budget = pool.budget();
        while (budget.parent() != null) {
            budget = budget.parent();
        }
        return budget;
    }
}
