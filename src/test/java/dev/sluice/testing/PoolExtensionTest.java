package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Runs classes whose tests leak on purpose. */
class PoolExtensionTest {

    private static final Executor SOON = CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS);

    /** Those that the cases made. */
    private static final List<BufferPool> POOLS = new CopyOnWriteArrayList<>();

    private static final List<PooledBuffer> LEAKED = new CopyOnWriteArrayList<>();

    @BeforeEach
    @AfterEach
    void clear() {
        LEAKED.forEach(PooledBuffer::release);
        LEAKED.clear();
        POOLS.clear();
    }

    static class Clean {

        @RegisterExtension
        static final PoolExtension POOL = new PoolExtension().within(Duration.ofSeconds(60));

        private final BufferPool ofConstructor;
        private PooledBuffer ofBeforeEach;

        Clean(BufferPool pool) {
            ofConstructor = pool;
        }

        @BeforeEach
        void take(BufferPool pool) {
            ofBeforeEach = pool.acquire(64);
        }

        @Test
        void getsOnePool(BufferPool pool) {
            assertThat(pool).isSameAs(ofConstructor);
            PoolVerifier.that(pool).hasInFlight(1);
            POOLS.add(pool);
        }

        @RepeatedTest(2)
        void isWaitedFor(
                BufferPool pool, @TestPool(value = "other", maxBytes = 4_096, direct = false) BufferPool other) {
            PooledBuffer late = pool.acquire(4_096);
            PooledBuffer otherLate = other.acquire(4_096);
            assertThat(otherLate.byteBuffer().isDirect()).isFalse();
            SOON.execute(late::release);
            SOON.execute(otherLate::release);
            POOLS.add(pool);
            POOLS.add(other);
        }

        @AfterEach
        void release() {
            ofBeforeEach.release();
        }
    }

    @Test
    void whatComesBackInTimePasses() {
        JUnitRun.of(Clean.class)
                .passed("getsOnePool(BufferPool)", "repetition 1 of 2", "repetition 2 of 2")
                .failed();
        assertThat(POOLS).hasSize(5).doesNotHaveDuplicates().allMatch(BufferPool::isClosed);
        assertThat(POOLS).allSatisfy(pool -> assertThat(pool.budget().used()).isZero());
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class Leaking {

        @RegisterExtension
        static final PoolExtension POOL = new PoolExtension().within(Duration.ofMillis(20));

        @Test
        void a1leavesLeases(BufferPool pool) {
            LEAKED.add(pool.acquire(1_000));
            LEAKED.add(pool.acquire(4_096, "the uploader").touch("queued"));
        }

        @Test
        void a2leavesNothing(BufferPool pool) {
            pool.acquire(1_000).release();
        }

        @Test
        void a3leavesARequest(@TestPool(maxBuffersPerSize = 1) BufferPool pool) {
            try (PooledBuffer only = pool.acquire(64)) {
                assertThat(pool.request(64)).isNotDone();
                LEAKED.add(only.retain());
            }
        }

        @Test
        void a4leavesDemand(BufferPool pool) {
            pool.demand(64).add(3);
        }

        @Test
        void a5losesALease(BufferPool pool) {
            lose(pool);
            Patience waiting = Patience.of(Duration.ofSeconds(60));
            while (pool.stats().lost() == 0 && waiting.goesOn()) {
                System.gc();
            }
            PoolVerifier.that(pool).hasInFlight(0).hasLost(1);
        }

        @Test
        void a6failsAndLeaks(BufferPool pool) {
            LEAKED.add(pool.acquire(64));
            throw new IllegalStateException("own failure");
        }

        @Test
        void a7leavesSomethingInEachOfTwo(@TestPool("one") BufferPool one, @TestPool("two") BufferPool two) {
            LEAKED.add(one.acquire(64));
            LEAKED.add(two.acquire(64));
        }

        private static void lose(BufferPool pool) {
            pool.acquire(4_096);
        }
    }

    @Test
    void whatIsLeftIsTold() {
        JUnitRun run = JUnitRun.of(Leaking.class)
                .passed("a2leavesNothing(BufferPool)")
                .failed(
                        "a1leavesLeases(BufferPool)",
                        "a3leavesARequest(BufferPool)",
                        "a4leavesDemand(BufferPool)",
                        "a5losesALease(BufferPool)",
                        "a6failsAndLeaks(BufferPool)",
                        "a7leavesSomethingInEachOfTwo(BufferPool, BufferPool)");
        assertThat(run.message("a1leavesLeases(BufferPool)"))
                .startsWith(
                        "Leaking.a1leavesLeases left something of pool 'pool' after 20 ms: 2 in flight (5,120 bytes),"
                                + " 0 lost, 0 pending, demand for 0 (0 bytes); before: 0 unreleased, 0 pending, demand for 0")
                .contains("PoolExtensionTest$Leaking.a1leavesLeases(PoolExtensionTest.java:")
                .contains("the uploader")
                .contains("queued");
        assertThat(run.message("a3leavesARequest(BufferPool)")).contains("1 in flight", "1 pending");
        assertThat(run.message("a4leavesDemand(BufferPool)")).contains("0 in flight", "demand for 3 (192 bytes)");
        assertThat(run.message("a5losesALease(BufferPool)"))
                .contains("0 in flight (0 bytes), 1 lost")
                .contains("PoolExtensionTest$Leaking.lose(PoolExtensionTest.java:");
        assertThat(run.failures("a6failsAndLeaks(BufferPool)"))
                .extracting(Throwable::getMessage)
                .satisfiesExactly(
                        own -> assertThat(own).isEqualTo("own failure"),
                        leak -> assertThat(leak).contains("1 in flight (64 bytes)"));
        assertThat(run.failures("a7leavesSomethingInEachOfTwo(BufferPool, BufferPool)"))
                .extracting(Throwable::getMessage)
                .satisfiesExactly(
                        one -> assertThat(one).contains("of pool 'one'"),
                        two -> assertThat(two).contains("of pool 'two'"));
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class SharedByTheClass {

        @RegisterExtension
        static final PoolExtension POOL = new PoolExtension().within(Duration.ofMillis(20));

        private static PooledBuffer ofTheClass;

        @BeforeAll
        static void take(BufferPool pool) {
            ofTheClass = pool.acquire(64);
            POOLS.add(pool);
        }

        @Test
        void a1isClean(BufferPool pool) {
            assertThat(pool).isSameAs(POOLS.get(0));
            pool.acquire(64).release();
        }

        @Test
        void a2leaks(BufferPool pool) {
            LEAKED.add(pool.acquire(4_096));
        }

        @Test
        void a3isCleanAgain(BufferPool pool) {
            pool.acquire(64).release();
        }

        @Nested
        class Within {

            @Test
            void b1leaks(BufferPool pool) {
                assertThat(pool).isSameAs(POOLS.get(0));
                LEAKED.add(pool.acquire(4_096));
            }

            @Test
            void b2isClean(BufferPool pool, @TestPool("own") BufferPool own) {
                own.acquire(64).release();
                assertThat(pool).isNotSameAs(own);
            }
        }
    }

    @Test
    void aPoolOfTheClassIsCheckedForEachTestAndForTheClass() {
        JUnitRun run = JUnitRun.of(SharedByTheClass.class)
                .passed("a1isClean(BufferPool)", "a3isCleanAgain(BufferPool)", "b2isClean(BufferPool, BufferPool)")
                .failed("a2leaks(BufferPool)", "b1leaks(BufferPool)", "PoolExtensionTest$SharedByTheClass");
        assertThat(run.message("a2leaks(BufferPool)"))
                .contains("SharedByTheClass.a2leaks left", "2 in flight (4,160 bytes)", "before: 1 unreleased");
        assertThat(run.message("PoolExtensionTest$SharedByTheClass"))
                .startsWith("SharedByTheClass left something of pool 'pool' after 20 ms: 3 in flight (8,256 bytes)");
        assertThat(POOLS.get(0).isClosed()).isTrue();
        SharedByTheClass.ofTheClass.release();
    }

    @ExtendWith(PoolExtension.class)
    @TestInstance(Lifecycle.PER_CLASS)
    static class OneInstance {

        private final BufferPool pool;

        OneInstance(BufferPool pool) {
            this.pool = pool;
            POOLS.add(pool);
        }

        @Test
        void one(BufferPool mine) {
            assertThat(mine).isSameAs(pool);
        }

        @Test
        void two(BufferPool mine) {
            assertThat(mine).isSameAs(pool);
        }
    }

    @Test
    void onePoolGoesWithOneInstance() {
        JUnitRun.of(OneInstance.class)
                .passed("one(BufferPool)", "two(BufferPool)")
                .failed();
        assertThat(POOLS).hasSize(1).allMatch(BufferPool::isClosed);
    }

    @ExtendWith(PoolExtension.class)
    static class VirtualTime {

        @Test
        void passesByHand(VirtualPoolClock clock, @TestPool(virtualTime = true) BufferPool pool) {
            pool.acquire(4_096).release();
            PoolVerifier.that(pool).hasIdleBytes(4_096);
            clock.advance(Duration.ofSeconds(1), 4);
            PoolVerifier.that(pool).hasIdleBytes(0);
        }

        @Test
        void isTheSameWhicheverComesFirst(@TestPool(virtualTime = true) BufferPool pool, VirtualPoolClock clock) {
            pool.acquire(4_096).release();
            assertThat(clock.scheduled()).isEqualTo(1);
        }

        @Test
        void contradicts(@TestPool(maxBytes = 4_096) BufferPool one, @TestPool(maxBytes = 8_192) BufferPool other) {}
    }

    @Test
    void parametersConfigure() {
        JUnitRun run = JUnitRun.of(VirtualTime.class)
                .passed(
                        "passesByHand(VirtualPoolClock, BufferPool)",
                        "isTheSameWhicheverComesFirst(BufferPool, VirtualPoolClock)")
                .failed("contradicts(BufferPool, BufferPool)");
        assertThat(run.message("contradicts(BufferPool, BufferPool)"))
                .contains("pool 'pool' is", "maxBytes=4096", "not", "maxBytes=8192");
    }

    @Test
    void testsInParallelHavePoolsOfTheirOwn() {
        JUnitRun.inParallel(Clean.class, Leaking.class)
                .passed(
                        "a2leavesNothing(BufferPool)",
                        "getsOnePool(BufferPool)",
                        "repetition 1 of 2",
                        "repetition 2 of 2");
    }
}
