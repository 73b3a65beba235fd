package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Runs classes whose tests leak on purpose; they share one pool. */
@Execution(ExecutionMode.SAME_THREAD)
class LeakCheckTest {

    private static final Duration SHORT = Duration.ofMillis(20);

    private static final BufferPool POOL = BufferPool.builder()
            .name("shared by cases")
            .direct(false)
            .maxBytes(1 << 20)
            .leakDetection(LeakDetection.EVERY)
            .clock(VirtualPoolClock.create())
            .build();

    private static final List<PooledBuffer> LEAKED = new CopyOnWriteArrayList<>();

    @AfterEach
    void release() {
        LEAKED.forEach(PooledBuffer::release);
        LEAKED.clear();
        PoolVerifier.that(POOL).isAtRest(Duration.ofSeconds(20));
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class InAStaticField {

        @RegisterExtension
        static final LeakCheck LEAKS = LeakCheck.of(POOL).within(SHORT);

        private static PooledBuffer ofTheClass;

        @BeforeAll
        static void take() {
            ofTheClass = POOL.acquire(64);
        }

        @AfterAll
        static void giveBack() {
            ofTheClass.release();
        }

        @Test
        void a1isClean() {
            POOL.acquire(64).release();
        }

        @Test
        void a2leaks() {
            LEAKED.add(POOL.acquire(4_096));
        }

        @Test
        void a3isCleanAlthoughAnotherReleases() {
            LEAKED.get(0).release();
            POOL.acquire(64).release();
        }

        @Nested
        class Within {

            @Test
            void b1leaks() {
                LEAKED.add(POOL.acquire(64));
            }

            @Test
            void b2isClean() {
                POOL.acquire(64).release();
                LEAKED.forEach(PooledBuffer::release);
            }
        }
    }

    @Test
    void testsAnswerForWhatTheyLeave() {
        JUnitRun run = JUnitRun.of(InAStaticField.class)
                .passed("a1isClean()", "a3isCleanAlthoughAnotherReleases()", "b2isClean()")
                .failed("a2leaks()", "b1leaks()");
        assertThat(run.message("a2leaks()"))
                .startsWith("InAStaticField.a2leaks left something of pool 'shared by cases' after 20 ms: 2 in flight"
                        + " (4,160 bytes), 0 lost, 0 pending, demand for 0 (0 bytes); before: 1 unreleased")
                .contains("LeakCheckTest$InAStaticField.a2leaks(LeakCheckTest.java:");
        assertThat(run.message("b1leaks()")).startsWith("Within.b1leaks left");
    }

    static class LeftByTheClass {

        @RegisterExtension
        static final LeakCheck LEAKS = LeakCheck.of(POOL).within(SHORT);

        @BeforeAll
        static void take() {
            LEAKED.add(POOL.acquire(64));
        }

        @Test
        void isClean() {
            POOL.acquire(64).release();
        }
    }

    @Test
    void classesAnswerForWhatTheyLeave() {
        JUnitRun run = JUnitRun.of(LeftByTheClass.class).passed("isClean()").failed("LeakCheckTest$LeftByTheClass");
        assertThat(run.message("LeakCheckTest$LeftByTheClass")).startsWith("LeftByTheClass left something");
    }

    static class InAField {

        @RegisterExtension
        final LeakCheck leaks = LeakCheck.of(POOL).within(SHORT);

        @Test
        void isClean() {
            POOL.acquire(64).release();
        }

        @Test
        void leaks() {
            LEAKED.add(POOL.acquire(64));
        }
    }

    @TestInstance(Lifecycle.PER_CLASS)
    static class InAFieldOfOneInstance extends InAField {}

    @Test
    void aFieldOfTheInstanceServesAsWell() {
        JUnitRun.of(InAField.class).passed("isClean()").failed("leaks()");
    }

    @Test
    void oneInstanceForAllServesAsWell() {
        JUnitRun.of(InAFieldOfOneInstance.class).passed("isClean()").failed("leaks()");
    }

    /** Tests that run at the same time for certain. */
    abstract static class AtOnce {

        private static final CyclicBarrier ALL = new CyclicBarrier(2);

        static void meet() throws InterruptedException, BrokenBarrierException, TimeoutException {
            ALL.await(60, TimeUnit.SECONDS);
        }

        @Test
        void isClean() throws Exception {
            PooledBuffer mine = POOL.acquire(64);
            meet();
            mine.release();
            meet();
        }

        @Test
        void leavesItsLeaseForTheOtherToSee() throws Exception {
            meet();
            PooledBuffer mine = POOL.acquire(64);
            meet();
            mineIsDone(mine);
        }

        void mineIsDone(PooledBuffer mine) {
            mine.release();
        }
    }

    static class CleanAtOnce extends AtOnce {
        @RegisterExtension
        static final LeakCheck LEAKS = LeakCheck.of(POOL).within(Duration.ofSeconds(20));
    }

    static class LeakingAtOnce extends AtOnce {
        @RegisterExtension
        static final LeakCheck LEAKS = LeakCheck.of(POOL).within(SHORT);

        @Override
        void mineIsDone(PooledBuffer mine) {
            LEAKED.add(mine);
        }
    }

    @Test
    void testsInParallelDoNotAnswerForOneAnother() {
        JUnitRun.inParallel(CleanAtOnce.class)
                .passed("isClean()", "leavesItsLeaseForTheOtherToSee()")
                .failed();
    }

    @Test
    void testsInParallelAreNamedTogether() {
        JUnitRun run = JUnitRun.inParallel(LeakingAtOnce.class);
        List<String> failed = run.failedNames();
        assertThat(failed).isNotEmpty();
        assertThat(run.message(failed.get(0)))
                .contains("LeakingAtOnce.isClean", "LeakingAtOnce.leavesItsLeaseForTheOtherToSee", "1 in flight");
    }

    /** Straight at the watch, where the order of scopes can be chosen. */
    @Test
    void whoRanAloneIsBlamedAlone() {
        PoolWatch watch = PoolWatch.of(POOL);
        PoolWatch.Scope type = watch.begin(POOL, "type", "Type");
        PoolWatch.Scope one = watch.begin(POOL, "type/1", "Type.one");
        PoolWatch.Scope two = watch.begin(POOL, "type/2", "Type.two");
        LEAKED.add(POOL.acquire(64));
        assertThat(watch.end(POOL, one, SHORT)).isNull();
        assertThat(watch.end(POOL, two, SHORT)).isNull();
        PoolWatch.Scope alone = watch.begin(POOL, "type/3", "Type.alone");
        LEAKED.add(POOL.acquire(4_096));
        assertThat(watch.end(POOL, alone, SHORT)).startsWith("Type.alone left something of pool");
        PoolWatch.Scope clean = watch.begin(POOL, "type/4", "Type.clean");
        assertThat(watch.end(POOL, clean, SHORT)).isNull();
        assertThat(watch.end(POOL, type, SHORT)).startsWith("one of Type, Type.one, Type.two left something of pool");
    }

    @Test
    void thereIsSomethingToCheck() {
        assertThatThrownBy(LeakCheck::of).hasMessage("there is no pool to check");
    }
}
