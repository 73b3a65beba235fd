package dev.sluice;

import static dev.sluice.Numbers.grouped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where the JVM has no direct memory left, a pool refuses as if it were full, and the accounts stay right. */
class DirectMemoryLimitTest {

    private static final int SIZE = 1_000_000;
    private static final int CAPACITY = 1 << 20;
    private static final long LIMIT = 64 << 20;

    /** The memory of arenas does not count as direct memory of the JVM; there it is {@code malloc} that refuses. */
    private static final List<String> EIGHT_MIB = Runtime.version().feature() < 22
            ? List.of("-XX:MaxDirectMemorySize=8m")
            : List.of(
                    "-XX:+UnlockDiagnosticVMOptions",
                    "-XX:NativeMemoryTracking=summary",
                    "-XX:MallocLimit=other:8m:oom");

    /** What is tried in a JVM that has 8 MiB of direct memory. Each leaves all of it to the next. */
    enum Scenario {
        ACQUIRE {
            @Override
            void run() {
                assertRefusesAndRecovers(
                        pool -> catchThrowableOfType(PoolExhaustedException.class, () -> pool.acquire(SIZE)));
            }
        },
        ACQUIRE_WITH_HOLDER {
            @Override
            void run() {
                assertRefusesAndRecovers(
                        pool -> catchThrowableOfType(PoolExhaustedException.class, () -> pool.acquire(SIZE, "holder")));
            }
        },
        TRY_ACQUIRE {
            @Override
            void run() {
                assertRefusesAndRecovers(
                        pool -> catchThrowableOfType(PoolExhaustedException.class, () -> pool.tryAcquire(SIZE)));
            }
        },
        REQUEST {
            @Override
            void run() {
                assertRefusesAndRecovers(pool -> failure(pool.request(SIZE)));
            }
        },
        REQUEST_WITH_TIMEOUT {
            @Override
            void run() {
                assertRefusesAndRecovers(pool -> failure(pool.request(SIZE, Duration.ofDays(1))));
            }
        },
        WAITING_REQUEST {
            @Override
            void run() {
                assertServesThoseBehindOneThatTheJvmRefuses();
            }
        };

        abstract void run();
    }

    private interface Verb {
        PoolExhaustedException refusal(BufferPool pool);
    }

    private static PoolExhaustedException failure(CompletableFuture<PooledBuffer> request) {
        assertThat(request).isCompletedExceptionally();
        return (PoolExhaustedException)
                catchThrowableOfType(CompletionException.class, request::join).getCause();
    }

    private static void assertRefusesAndRecovers(Verb verb) {
        BufferPool pool = BufferPool.builder()
                .name("lake")
                .maxBytes(LIMIT)
                .unsafeFree(true)
                .clock(VirtualPoolClock.create())
                .build();
        List<PooledBuffer> held = new ArrayList<>();
        PoolExhaustedException refusal = null;
        while (refusal == null) {
            try {
                held.add(pool.acquire(SIZE));
            } catch (PoolExhaustedException e) {
                refusal = verb.refusal(pool);
                assertThat(refusal)
                        .as("what the verb says where acquire says %s", e)
                        .isNotNull();
            }
        }
        assertThat(held).as("buffers that 8 MiB hold").hasSizeBetween(4, 8);
        assertThat(refusal).hasCauseInstanceOf(OutOfMemoryError.class);
        assertThat(refusal.requestedBytes()).isEqualTo(SIZE);
        assertThat(refusal.limitBytes()).isEqualTo(LIMIT);
        assertThat(refusal)
                .hasMessageContainingAll(
                        "lake",
                        "JVM",
                        grouped(SIZE) + " bytes",
                        "in use " + grouped(held.size() * (long) CAPACITY),
                        "limit " + grouped(LIMIT));

        assertThat(pool.stats().buffersInUse()).isEqualTo(held.size());
        assertThat(pool.stats().pending()).isZero();
        PoolInvariants.assertSound(pool);

        held.remove(0).release();
        held.add(pool.acquire(SIZE));
        PoolFixture.release(held);
        PoolInvariants.assertNothingLeft(pool);
    }

    private static void assertServesThoseBehindOneThatTheJvmRefuses() {
        BufferPool pool = BufferPool.builder()
                .maxBytes(7 << 20)
                .unsafeFree(true)
                .clock(VirtualPoolClock.create())
                .build();
        PooledBuffer held = pool.acquire(3 << 20);
        BufferPool elsewhere = BufferPool.builder()
                .unsafeFree(true)
                .clock(VirtualPoolClock.create())
                .build();
        PooledBuffer heldElsewhere = elsewhere.acquire(3 << 20);
        CompletableFuture<PooledBuffer> large = pool.request(6 << 20);
        CompletableFuture<PooledBuffer> small = pool.request(SIZE);
        assertThat(large).isNotDone();
        assertThat(small).isNotDone();

        held.release();

        assertThat(failure(large)).hasCauseInstanceOf(OutOfMemoryError.class);
        assertThat(failure(large).requestedBytes()).isEqualTo(6 << 20);
        PoolFixture.granted(small).release();
        heldElsewhere.release();
        PoolInvariants.assertNothingLeft(pool);
        PoolInvariants.assertNothingLeft(elsewhere);
    }

    @Test
    void refusesAndKeepsTheAccounts() throws Exception {
        String output = ForkedJvm.run(Child.class, EIGHT_MIB);
        assertThat(output.lines())
                .as("scenarios that were run")
                .containsSubsequence(
                        Stream.of(Scenario.values()).map(Scenario::name).toList());
    }

    /** The forked JVM's main class. */
    static final class Child {

        private Child() {}

        public static void main(String[] arguments) {
            for (Scenario scenario : Scenario.values()) {
                System.out.println(scenario);
                scenario.run();
            }
        }
    }
}
