package dev.sluice;

import static dev.sluice.PoolFixture.granted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A wait ends when its time is over, on the pool's clock. */
class RequestTimeoutTest {

    private static final int KIB = 1 << 10;
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Shrinking is not the subject: one look a year. */
    private final PoolFixture fixture =
            new PoolFixture(BufferPool.builder().name("lake").maxBytes(4 * KIB).shrinkInterval(Duration.ofDays(365)));

    private final BufferPool pool = fixture.pool;
    private PooledBuffer held;
    private int scheduledBefore;

    @BeforeEach
    void fill() {
        held = pool.acquire(4 * KIB);
        scheduledBefore = fixture.clock.scheduled();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(fixture.clock.scheduled()).as("timers left").isEqualTo(scheduledBefore);
        held.release();
        fixture.verify();
    }

    private static void assertTimedOut(CompletableFuture<PooledBuffer> request, String waited) {
        assertThat(request).isCompletedExceptionally();
        assertThatThrownBy(request::join)
                .cause()
                .isInstanceOf(PoolExhaustedException.class)
                .hasMessageContainingAll("lake", waited);
    }

    @Test
    void failsAWaitAtItsTimeAndNotBefore() {
        CompletableFuture<PooledBuffer> request = pool.request(KIB, SECOND.multipliedBy(5));
        fixture.clock.advance(SECOND.multipliedBy(5).minusNanos(1));
        assertThat(request).isNotDone();
        assertThat(pool.stats().pending()).isEqualTo(1);
        fixture.clock.advance(Duration.ofNanos(1));
        assertTimedOut(request, "PT5S");
        assertThat(pool.stats().pending()).isZero();
    }

    @Test
    void atTheHeadServesThoseBehind() {
        PooledBuffer part = held.slice(0, 1);
        held.release();
        held = part;
        CompletableFuture<PooledBuffer> first = pool.request(4 * KIB, SECOND);
        CompletableFuture<PooledBuffer> second = pool.request(KIB, SECOND.multipliedBy(3));
        fixture.clock.advance(SECOND);
        assertTimedOut(first, "PT1S");
        assertThat(second).isNotDone();
        held.release();
        granted(second).release();
        held = pool.acquire(1);
    }

    @Test
    void ofALargeRequestServesTheSmallOnesThatFit() {
        held.release();
        held = pool.acquire(KIB);
        CompletableFuture<PooledBuffer> large = pool.request(4 * KIB, SECOND);
        CompletableFuture<PooledBuffer> small = pool.request(KIB);
        assertThat(small).isNotDone();
        fixture.clock.advance(SECOND);
        assertTimedOut(large, "PT1S");
        granted(small).release();
    }

    @Test
    void endsInTheOrderOfTheTimesNotOfTheRequests() {
        List<CompletableFuture<PooledBuffer>> requests = Stream.of(3, 1, 2)
                .map(seconds -> pool.request(KIB, SECOND.multipliedBy(seconds)))
                .toList();
        fixture.clock.advance(SECOND);
        assertThat(requests).map(CompletableFuture::isDone).containsExactly(false, true, false);
        fixture.clock.advance(SECOND);
        assertThat(requests).map(CompletableFuture::isDone).containsExactly(false, true, true);
        fixture.clock.advance(SECOND);
        assertThat(requests).allMatch(CompletableFuture::isDone);
    }

    @Test
    void isCalledOffByAGrant() {
        CompletableFuture<PooledBuffer> request = pool.request(4 * KIB, SECOND);
        assertThat(fixture.clock.scheduled()).isEqualTo(scheduledBefore + 1);
        held.release();
        held = granted(request);
        assertThat(fixture.clock.scheduled()).isEqualTo(scheduledBefore);
        fixture.clock.advance(SECOND.multipliedBy(2));
        assertThat(held.isReleased()).isFalse();
    }

    @Test
    void isCalledOffByACancel() {
        CompletableFuture<PooledBuffer> request = pool.request(KIB, SECOND);
        request.cancel(false);
        assertThat(fixture.clock.scheduled()).isEqualTo(scheduledBefore);
    }

    @Test
    void isNotNeededWhereThereIsRoom() {
        held.release();
        granted(pool.request(KIB, SECOND)).release();
        assertThat(fixture.clock.scheduled()).isEqualTo(scheduledBefore);
        held = pool.acquire(1);
    }

    static Stream<Duration> ages() {
        return Stream.of(
                Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
                Duration.ofDays(365L * 1_000),
                Duration.ofNanos(Long.MAX_VALUE));
    }

    @ParameterizedTest
    @MethodSource("ages")
    void mayBeLongerThanAnyClockCounts(Duration timeout) {
        CompletableFuture<PooledBuffer> request = pool.request(4 * KIB, timeout);
        fixture.clock.advance(Duration.ofDays(300));
        assertThat(request).isNotDone();
        held.release();
        held = granted(request);
    }

    static Stream<Duration> nothing() {
        return Stream.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofSeconds(Long.MIN_VALUE));
    }

    @ParameterizedTest
    @MethodSource("nothing")
    void ofNothingOrLessFailsAsSoonAsTheClockRuns(Duration timeout) {
        CompletableFuture<PooledBuffer> request = pool.request(KIB, timeout);
        fixture.clock.advance(Duration.ZERO);
        assertTimedOut(request, timeout.toString());
        held.release();
        held = granted(pool.request(KIB, timeout));
    }

    @Test
    void aClockThatRefusesFailsTheRequest() {
        PoolClock broken = new PoolClock() {
            @Override
            public long nanoTime() {
                return 0;
            }

            @Override
            public java.util.concurrent.Future<?> schedule(Runnable task, long delayNanos) {
                if (delayNanos == SECOND.toNanos() * 9) {
                    throw new IllegalStateException("no more timers");
                }
                return CompletableFuture.completedFuture(null);
            }
        };
        try (BufferPool other = BufferPool.builder().clock(broken).maxBytes(KIB).build()) {
            PooledBuffer all = other.acquire(KIB);
            CompletableFuture<PooledBuffer> request = other.request(KIB, SECOND.multipliedBy(9));
            assertThatThrownBy(request::join).hasRootCauseMessage("no more timers");
            assertThat(other.stats().pending()).isZero();
            all.release();
            PoolInvariants.assertAtRest(other);
        }
    }
}
