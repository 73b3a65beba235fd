package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.VirtualPoolClock;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A pool that is dropped without being closed does not keep its memory for ever. */
class ForgottenPoolTest {

    private static final int MIB = 1 << 20;

    private NativeMemoryWatch memory;

    @BeforeEach
    void watch() throws InterruptedException {
        memory = new NativeMemoryWatch();
    }

    private void assertGone(WeakReference<BufferPool> pool) throws InterruptedException {
        NativeMemoryWatch.await("the pool is collected", () -> pool.get() == null);
        memory.awaitFreed();
    }

    private void useAndRelease(BufferPool pool, int buffers, int size) {
        List<PooledBuffer> all = new ArrayList<>();
        for (int i = 0; i < buffers; i++) {
            all.add(pool.acquire(size));
            memory.add(all.get(i).byteBuffer());
        }
        assertThat(memory.isAlive()).isTrue();
        PoolFixture.release(all);
    }

    /** Nobody moves the clock, so nothing shrinks: what is idle goes with the pool. */
    private WeakReference<BufferPool> forgetWithIdleMemory(LeakDetection leakDetection) {
        BufferPool pool = BufferPool.builder()
                .maxBytes(64 * MIB)
                .leakDetection(leakDetection)
                .clock(VirtualPoolClock.create())
                .build();
        useAndRelease(pool, 256, 64 << 10);
        assertThat(pool.stats().idleBytes()).isEqualTo(16 * MIB);
        assertThat(memory.isAlive()).isTrue();
        return new WeakReference<>(pool);
    }

    @ParameterizedTest
    @EnumSource
    void withIdleMemory(LeakDetection leakDetection) throws InterruptedException {
        assertGone(forgetWithIdleMemory(leakDetection));
    }

    private WeakReference<BufferPool> forgetWithLeases(LeakDetection leakDetection) {
        BufferPool pool = BufferPool.builder()
                .maxBytes(64 * MIB)
                .clock(VirtualPoolClock.create())
                .leakDetection(leakDetection)
                .build();
        for (int i = 0; i < 16; i++) {
            memory.add(pool.acquire(MIB, "forgotten with its pool").byteBuffer());
        }
        return new WeakReference<>(pool);
    }

    @ParameterizedTest
    @EnumSource
    void withLeasesThatAreForgottenToo(LeakDetection leakDetection) throws InterruptedException {
        assertGone(forgetWithLeases(leakDetection));
    }

    /** As long as something is idle, the clock keeps the pool; then it is free to go. */
    private WeakReference<BufferPool> forgetOnTheSystemClock() {
        BufferPool pool = BufferPool.builder()
                .maxBytes(64 * MIB)
                .shrinkInterval(Duration.ofMillis(1))
                .build();
        useAndRelease(pool, 16, MIB);
        return new WeakReference<>(pool);
    }

    @Test
    void onTheSystemClock() throws InterruptedException {
        assertGone(forgetOnTheSystemClock());
    }

    private WeakReference<BufferPool> forgetOnABudget(MemoryBudget budget) {
        BufferPool pool = BufferPool.builder()
                .budget(budget)
                .shrinkInterval(Duration.ofMillis(1))
                .build();
        useAndRelease(pool, 4, MIB);
        return new WeakReference<>(pool);
    }

    @Test
    void onABudgetThatLivesOn() throws InterruptedException {
        MemoryBudget budget = MemoryBudget.of(64 * MIB);
        assertGone(forgetOnABudget(budget));
        assertThat(budget.used()).isZero();
    }

    private PooledBuffer leaseOfAForgottenPool() {
        PooledBuffer lease = BufferPool.builder()
                .maxBytes(64 * MIB)
                .clock(VirtualPoolClock.create())
                .build()
                .acquire(8 * MIB);
        memory.add(lease.byteBuffer());
        Stamp.write(lease.byteBuffer(), 6);
        return lease;
    }

    private void useLongAfterThePoolIsForgotten(PooledBuffer lease) throws InterruptedException {
        NativeMemoryWatch other = new NativeMemoryWatch();
        other.awaitFreed();
        assertThat(memory.isAlive()).isTrue();
        Stamp.verify(lease.byteBuffer(), 6);
        lease.release();
    }

    @Test
    void aLeaseKeepsItsMemoryUntilItIsReleased() throws InterruptedException {
        useLongAfterThePoolIsForgotten(leaseOfAForgottenPool());
        memory.awaitFreed();
    }
}
