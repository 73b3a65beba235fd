package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class VirtualPoolClockTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final VirtualPoolClock clock = VirtualPoolClock.create();

    @Test
    void runsWhatIsDueInOrderOfTimeEachAtItsInstant() {
        long began = clock.nanoTime();
        List<String> ran = new ArrayList<>();
        clock.schedule(() -> ran.add("b at " + (clock.nanoTime() - began) / SECOND), 3 * SECOND);
        clock.schedule(() -> ran.add("a at " + (clock.nanoTime() - began) / SECOND), 1 * SECOND);
        clock.schedule(() -> ran.add("c"), 6 * SECOND);
        clock.advance(Duration.ofSeconds(5));
        assertThat(ran).containsExactly("a at 1", "b at 3");
        assertThat(clock.nanoTime() - began).isEqualTo(5 * SECOND);
        assertThat(clock.elapsed()).isEqualTo(Duration.ofSeconds(5));
        assertThat(clock.scheduled()).isEqualTo(1);
        assertThat(clock).hasToString("VirtualPoolClock[PT5S passed, 1 scheduled]");
    }

    @Test
    void runsWhatIsScheduledMeanwhile() {
        List<Long> ran = new ArrayList<>();
        long began = clock.nanoTime();
        clock.schedule(
                () -> {
                    ran.add(clock.nanoTime() - began);
                    clock.schedule(() -> ran.add(clock.nanoTime() - began), SECOND);
                },
                SECOND);
        clock.advance(Duration.ofSeconds(1), 3);
        assertThat(ran).containsExactly(SECOND, 2 * SECOND);
    }

    @Test
    void forgetsWhatIsCancelled() {
        Future<?> task = clock.schedule(() -> assertThat(clock).isNull(), SECOND);
        assertThat(task.cancel(false)).isTrue();
        assertThat(clock.scheduled()).isZero();
        clock.advance(Duration.ofDays(1));
    }

    @Test
    void failsWithTheTaskThatFails() {
        clock.schedule(
                () -> {
                    throw new IllegalStateException("boom");
                },
                SECOND);
        assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(2)))
                .isInstanceOf(AssertionError.class)
                .hasRootCauseMessage("boom");
        assertThat(clock.elapsed()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void doesNotGoBack() {
        assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(-1))).hasMessage("time does not go back: PT-1S");
        assertThatThrownBy(() -> clock.schedule(() -> {}, -1_000)).hasMessage("the delay is below zero: -1,000 ns");
    }

    /** A delay beyond the end of time is for ever, and the origin is close to where nanoTime overflows. */
    @Test
    void copesWithTheEndsOfTime() {
        Future<?> never = clock.schedule(() -> {}, Long.MAX_VALUE);
        clock.advance(Duration.ofDays(365));
        assertThat(never).isNotDone();
        clock.schedule(() -> {}, Long.MAX_VALUE);
        assertThat(clock.scheduled()).isEqualTo(2);
    }

    @Test
    void letsAPoolShrinkAndRequestsTimeOut() {
        try (BufferPool pool = BufferPool.builder()
                .direct(false)
                .maxBuffersPerSize(1)
                .clock(clock)
                .build()) {
            PooledBuffer held = pool.acquire(4_096);
            CompletableFuture<PooledBuffer> request = pool.request(4_096, Duration.ofSeconds(30));
            clock.advance(Duration.ofSeconds(30).minusNanos(1));
            assertThat(request).isNotDone();
            clock.advance(Duration.ofNanos(1));
            assertThat(request).isCompletedExceptionally();
            assertThatThrownBy(request::join).hasCauseInstanceOf(PoolExhaustedException.class);
            held.release();
            assertThat(pool.stats().idleBytes()).isEqualTo(4_096);
            clock.advance(Duration.ofSeconds(1), 4);
            assertThat(pool.stats().idleBytes()).isZero();
            assertThat(clock.scheduled()).isZero();
        }
    }
}
