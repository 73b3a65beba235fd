package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.testing.VirtualPoolClock;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * What a decision costs does not grow with what there is: slabs, pools and requests that wait. Each bound is many times what
 * was measured, and a small part of what a scan of all would take.
 */
class ManyOfEverythingTest {

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static BufferPoolBuilder quiet() {
        return BufferPool.builder()
                .direct(false)
                .leakDetection(LeakDetection.OFF)
                .clock(VirtualPoolClock.create());
    }

    private long nanosEach(int times, Runnable work) {
        long began = threads.getCurrentThreadCpuTime();
        work.run();
        return (threads.getCurrentThreadCpuTime() - began) / times;
    }

    private static List<PooledBuffer> take(BufferPool pool, int size, int count) {
        List<PooledBuffer> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            taken.add(pool.acquire(size));
        }
        return taken;
    }

    private static List<PooledBuffer> takeAll(BufferPool pool, int size) {
        List<PooledBuffer> taken = new ArrayList<>();
        pool.tryAcquire(size).ifPresent(taken::add);
        while (pool.tryAcquire(size).map(taken::add).orElse(false)) {
            assertThat(taken).hasSizeLessThan(10_000);
        }
        return taken;
    }

    @Test
    void aReleaseWhileOneWaitsCostsTheSameInALargePool() {
        int leases = 64 << 10;
        BufferPool pool = quiet().maxBytes((long) leases << 6).build();
        List<PooledBuffer> held = take(pool, 64, leases);
        CompletableFuture<PooledBuffer> large = pool.request(2 << 20);
        int released = 20_000;
        long each = nanosEach(released, () -> held.subList(0, released).forEach(PooledBuffer::release));
        assertThat(each).as("ns for each release, of %d slabs", leases / 64).isLessThan(10_000);
        held.subList(released, leases).forEach(PooledBuffer::release);
        PoolFixture.granted(large).release();
        PoolInvariants.assertNothingLeft(pool);
    }

    /** Older ones wait at an inner budget, newer ones at the outer one; then the inner one has room for one. */
    @Test
    void aReleaseMovesNobodyButTheFirst() {
        int waiting = 20_000;
        MemoryBudget outer = MemoryBudget.of("outer", 64_000);
        BufferPool inner = quiet().budget(outer.child("inner", 32_000)).build();
        BufferPool other = quiet().budget(outer.child("other", 64_000)).build();
        List<PooledBuffer> held = takeAll(inner, 3_200);
        List<PooledBuffer> others = takeAll(other, 3_200);
        List<CompletableFuture<PooledBuffer>> older = new ArrayList<>();
        List<CompletableFuture<PooledBuffer>> newer = new ArrayList<>();
        for (int i = 0; i < waiting; i++) {
            older.add(inner.request(7_168));
        }
        for (int i = 0; i < waiting; i++) {
            newer.add(other.request(3_200));
        }
        long each = nanosEach(4, () -> held.subList(0, 4).forEach(PooledBuffer::release));
        assertThat(each).as("ns for each release").isLessThan(20_000_000);
        older.forEach(request -> request.cancel(false));
        newer.forEach(request -> request.cancel(false));
        older.forEach(ManyOfEverythingTest::releaseIfGranted);
        newer.forEach(ManyOfEverythingTest::releaseIfGranted);
        held.forEach(PooledBuffer::release);
        others.forEach(PooledBuffer::release);
        inner.clear();
        PoolInvariants.assertNothingLeft(inner, other);
    }

    private static void releaseIfGranted(CompletableFuture<PooledBuffer> request) {
        if (!request.isCompletedExceptionally()) {
            request.join().release();
        }
    }

    @Test
    void growingIsLinear() {
        BufferPool pool = quiet().maxBytes(1L << 32).build();
        int leases = 400_000;
        long nanos = nanosEach(1, () -> PoolFixture.release(take(pool, 64, leases)));
        assertThat(nanos).as("ns for %d leases in slabs of 64", leases).isLessThan(5_000_000_000L);
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void aRefusalCostsTheSameWithAThousandPools() {
        MemoryBudget budget = MemoryBudget.of(64 << 10);
        List<BufferPool> pools = new ArrayList<>();
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            pools.add(quiet().budget(budget.child("tenant " + i, 64 << 10)).build());
            held.add(pools.get(i).acquire(64));
        }
        BufferPool last = quiet().budget(budget).build();
        assertThat(last.tryAcquire(2_048)).as("of what is left").isEmpty();
        int refusals = 1_000;
        long before = threads.getCurrentThreadAllocatedBytes();
        long each = nanosEach(refusals, () -> {
            for (int i = 0; i < refusals; i++) {
                assertThat(last.tryAcquire(2_048).isEmpty()).isTrue();
            }
        });
        long bytes = (threads.getCurrentThreadAllocatedBytes() - before) / refusals;
        assertThat(each).as("ns for each refusal").isLessThan(500_000);
        assertThat(bytes).as("bytes for each refusal").isLessThan(4_096);
        held.forEach(PooledBuffer::release);
        last.acquire(64 << 10).release(); // what a thousand pools have idle makes room
        pools.add(last);
        PoolInvariants.assertNothingLeft(pools.toArray(BufferPool[]::new));
    }

    @Test
    void aPoolThatHasLeasedNothingIsSmall() {
        MemoryBudget budget = MemoryBudget.of(1 << 20);
        BufferPool[] pools = new BufferPool[1_000];
        BufferPoolBuilder builder = BufferPool.builder().budget(budget);
        pools[0] = builder.build();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < pools.length; i++) {
            pools[i] = builder.build();
        }
        assertThat((threads.getCurrentThreadAllocatedBytes() - before) / pools.length)
                .as("bytes for each pool, what it takes to build it included")
                .isLessThan(2_048);
    }
}
