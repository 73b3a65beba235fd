package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.PoolEvent.Closed;
import dev.sluice.PoolEvent.Held;
import dev.sluice.PoolEvent.Leaked;
import dev.sluice.PoolEvent.Overflowed;
import dev.sluice.PoolEvent.Reclaimed;
import dev.sluice.PoolEvent.Refused;
import dev.sluice.PoolEvent.SlabFreed;
import dev.sluice.PoolEvent.SlabFreed.Reason;
import dev.sluice.PoolEvent.SlabMade;
import dev.sluice.PoolEvent.Waited;
import dev.sluice.PoolEvent.Waited.End;
import dev.sluice.PoolEvent.Weighed;
import dev.sluice.testing.VirtualPoolClock;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a listener is told of, in which order, and with which numbers. */
class PoolListenerTest {

    private static final int KIB = 1 << 10;

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final Heard heard = new Heard();
    private final LeakReports leaks = new LeakReports();
    private final MemoryBudget budget = MemoryBudget.of("house", 8 * KIB);
    private final BufferPool pool = BufferPool.builder()
            .name("lake")
            .budget(budget)
            .leakDetection(LeakDetection.EVERY)
            .clock(clock)
            .onLeak(leaks)
            .listener(heard)
            .build();

    /** The time of all events that come before a test moves the clock. */
    private final long start = clock.nanoTime();

    @AfterEach
    void nothingIsLeft() {
        PoolInvariants.assertNothingLeft(pool);
    }

    private List<PoolEvent> heard() {
        return heard.all(pool);
    }

    @Test
    void slabsThatAreMadeAndClearedAndThePoolThatIsClosed() {
        pool.acquire(1_000).release();
        pool.clear();
        pool.acquire(2 * KIB).release();
        pool.close();
        pool.close();
        assertThat(heard())
                .containsExactly(
                        new SlabMade("lake", start, KIB, 1, KIB),
                        new Held("lake", start, KIB, Duration.ZERO),
                        new SlabFreed("lake", start, KIB, 1, KIB, Reason.CLEAR),
                        new SlabMade("lake", start, 2 * KIB, 1, 2 * KIB),
                        new Held("lake", start, 2 * KIB, Duration.ZERO),
                        new Closed("lake", start),
                        new SlabFreed("lake", start, 2 * KIB, 1, 2 * KIB, Reason.CLOSE));
    }

    @Test
    void aSlabThatComesBackAfterTheClose() {
        PooledBuffer last = pool.acquire(1_000);
        pool.close();
        clock.advance(Duration.ofSeconds(5));
        last.release();
        assertThat(heard.all(pool, SlabFreed.class))
                .containsExactly(new SlabFreed("lake", clock.nanoTime(), KIB, 1, KIB, Reason.CLOSE));
        assertThat(heard.all(pool, Held.class))
                .containsExactly(new Held("lake", clock.nanoTime(), KIB, Duration.ofSeconds(5)));
    }

    @Test
    void aBufferThatIsLargerThanItsClassMayBe() {
        pool.acquire(7 * KIB + 1).release(); // of 8 KiB, which the budget has
        BufferPool large = BufferPool.builder()
                .name("sea")
                .leakDetection(LeakDetection.OFF)
                .clock(clock)
                .listener(heard)
                .build();
        large.acquire(5 << 20).release();
        assertThat(heard.all(large, SlabFreed.class))
                .containsExactly(new SlabFreed("sea", start, 5 << 20, 1, 5 << 20, Reason.LARGE));
        PoolInvariants.assertNothingLeft(large);
    }

    @Test
    void aSlabOfWhichOneLeaseWasLost() {
        PooledBuffer first = pool.acquire(64);
        PooledBuffer second = pool.acquire(64);
        loseFour();
        leaks.next(4);
        PoolFixture.release(List.of(first, second));
        pool.clear();
        List<SlabMade> made = heard.all(pool, SlabMade.class);
        assertThat(made).extracting(SlabMade::buffers).containsExactly(1, 1, 2, 4);
        assertThat(heard.all(pool, SlabFreed.class))
                .as("the third ended with the second of its leases, the fourth has lost two")
                .extracting(SlabFreed::buffers)
                .containsExactlyInAnyOrder(1, 1, 2);
        assertThat(heard.all(pool, Leaked.class))
                .extracting(leaked -> leaked.report().capacity())
                .containsExactly(64, 64, 64, 64);
    }

    private void loseFour() {
        List<PooledBuffer> lost = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            lost.add(pool.acquire(64, "loser"));
        }
        assertThat(lost).noneMatch(PooledBuffer::isReleased);
    }

    @Test
    void requestsThatWaited() {
        PooledBuffer all = pool.acquire(8 * KIB);
        CompletableFuture<PooledBuffer> granted = pool.request(100);
        CompletableFuture<PooledBuffer> cancelled = pool.request(200);
        CompletableFuture<PooledBuffer> timed = pool.request(300, Duration.ofMillis(70));
        clock.advance(Duration.ofMillis(50));
        cancelled.cancel(false);
        clock.advance(Duration.ofMillis(50));
        all.release();
        granted.join().release();
        assertThat(timed).isCompletedExceptionally();
        long at50 = start + TimeUnit.MILLISECONDS.toNanos(50);
        long at70 = start + TimeUnit.MILLISECONDS.toNanos(70);
        long at100 = start + TimeUnit.MILLISECONDS.toNanos(100);
        assertThat(heard.all(pool, Waited.class))
                .containsExactly(
                        new Waited("lake", at50, 200, Duration.ofMillis(50), End.CANCELLED),
                        new Waited("lake", at70, 300, Duration.ofMillis(70), End.TIMED_OUT),
                        new Waited("lake", at100, 100, Duration.ofMillis(100), End.GRANTED));
    }

    @Test
    void requestsThatWaitedForAPoolThatIsClosed() {
        PooledBuffer all = pool.acquire(8 * KIB);
        pool.request(100);
        pool.close();
        all.release();
        assertThat(heard.all(pool, Waited.class))
                .containsExactly(new Waited("lake", start, 100, Duration.ZERO, End.CLOSED));
    }

    @Test
    void requestsThatTheCallerEndsByOtherMeans() throws Exception {
        PooledBuffer all = pool.acquire(8 * KIB);
        CompletableFuture<PooledBuffer> timed = pool.request(100);
        timed.completeExceptionally(new TimeoutException("by the caller"));
        pool.request(200).completeExceptionally(new IllegalStateException("enough"));
        all.release();
        assertThat(heard.all(pool, Waited.class))
                .containsExactly(
                        new Waited("lake", start, 100, Duration.ZERO, End.TIMED_OUT),
                        new Waited("lake", start, 200, Duration.ZERO, End.CANCELLED));
    }

    @Test
    void requestsThatMayNotWait() {
        BufferPool crowded = BufferPool.builder()
                .name("pond")
                .maxBytes(64)
                .maxPending(1)
                .clock(clock)
                .listener(heard)
                .build();
        PooledBuffer only = crowded.acquire(64);
        CompletableFuture<PooledBuffer> first = crowded.request(64);
        assertThat(crowded.request(30)).isCompletedExceptionally();
        first.cancel(false);
        only.release();
        assertThat(heard.all(crowded, Waited.class))
                .containsExactly(
                        new Waited("pond", start, 30, Duration.ZERO, End.REFUSED),
                        new Waited("pond", start, 64, Duration.ZERO, End.CANCELLED));
        PoolInvariants.assertNothingLeft(crowded);
    }

    @Test
    void aRequestThatIsGrantedAtOnceIsNoEvent() {
        pool.request(100).join().release();
        pool.request(100).join().release();
        assertThat(heard.all(pool, Waited.class)).isEmpty();
    }

    @Test
    void acquiresThatAreRefused() {
        PooledBuffer all = pool.acquire(8 * KIB);
        assertThatThrownBy(() -> pool.acquire(100)).isInstanceOf(PoolExhaustedException.class);
        assertThatThrownBy(() -> pool.acquire(200, "me")).isInstanceOf(PoolExhaustedException.class);
        assertThat(pool.tryAcquire(300)).isEmpty();
        assertThat(pool.tryAcquire(400, "me")).isEmpty();
        all.release();
        assertThat(heard.all(pool, Refused.class))
                .containsExactly(
                        new Refused("lake", start, 100),
                        new Refused("lake", start, 200),
                        new Refused("lake", start, 300),
                        new Refused("lake", start, 400));
    }

    @Test
    void memoryThatMakesRoomForAnotherPool() {
        Heard other = new Heard();
        BufferPool sibling = BufferPool.builder()
                .name("river")
                .budget(budget)
                .leakDetection(LeakDetection.OFF)
                .clock(clock)
                .listener(other)
                .build();
        pool.acquire(4 * KIB).release();
        pool.acquire(2 * KIB).release();
        sibling.acquire(8 * KIB).release();
        assertThat(heard.all(pool, Reclaimed.class))
                .containsExactlyInAnyOrder(
                        new Reclaimed("lake", start, 4 * KIB, 4 * KIB, "river", 8 * KIB),
                        new Reclaimed("lake", start, 2 * KIB, 2 * KIB, "river", 8 * KIB));
        assertThat(heard.all(pool, SlabFreed.class))
                .extracting(SlabFreed::reason)
                .containsExactly(Reason.RECLAIM, Reason.RECLAIM);
        assertThat(other.all(sibling)).containsExactly(new SlabMade("river", start, 8 * KIB, 1, 8 * KIB));
        assertThat(pool.stats().reclaimedBytes()).isEqualTo(6 * KIB);
        PoolInvariants.assertNothingLeft(pool, sibling);
    }

    @Test
    void whatShrinkingWeighs() {
        List<PooledBuffer> burst = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            burst.add(pool.acquire(1_000));
        }
        PoolFixture.release(burst);
        Demand demand = pool.demand(1_000);
        demand.add(1);
        clock.advance(Duration.ofSeconds(1), 3);
        demand.close();
        clock.advance(Duration.ofSeconds(1), 2);
        assertThat(heard.all(pool, Weighed.class)).extracting(Weighed::used).containsExactly(4L, 0L, 0L, 0L);
        assertThat(heard.all(pool, Weighed.class)).extracting(Weighed::demand).containsExactly(1L, 1L, 1L, 0L);
        assertThat(heard.all(pool, Weighed.class))
                .extracting(Weighed::justifiedBefore)
                .containsExactly(0L, 5L, 2L, 1L);
        assertThat(heard.all(pool, Weighed.class))
                .extracting(Weighed::justified)
                .containsExactly(5L, 2L, 1L, 0L);
        assertThat(heard.all(pool, Weighed.class)).extracting(Weighed::buffers).containsExactly(4L, 4L, 2L, 1L);
        assertThat(heard.all(pool, Weighed.class))
                .extracting(Weighed::givenBackBytes)
                .containsExactly(0L, 2L * KIB, 1L * KIB, 1L * KIB);
        assertThat(heard.all(pool, SlabFreed.class).stream()
                        .filter(freed -> freed.reason() == Reason.SHRINK)
                        .mapToLong(SlabFreed::bytes)
                        .sum())
                .isEqualTo(pool.stats().shrunkBytes());
    }

    @Test
    void shrinkingByHandWeighsTwice() {
        pool.acquire(1_000).release();
        pool.shrink();
        assertThat(heard.all(pool, Weighed.class))
                .containsExactly(
                        new Weighed("lake", start, KIB, 1, 0, 0, 1, 1, 0),
                        new Weighed("lake", start, KIB, 0, 0, 1, 0, 1, KIB));
    }

    @Test
    void leasesThatAreLost() {
        loseFour();
        List<LeakReport> reports = leaks.next(4);
        assertThat(heard.all(pool, Leaked.class))
                .extracting(Leaked::report)
                .as("the same reports, in the same order")
                .containsExactlyElementsOf(reports);
    }

    @Test
    void howLongTheFirstLeaseWasHeld() {
        PooledBuffer first = pool.acquire(1_000);
        PooledBuffer part = first.slice(0, 10);
        clock.advance(Duration.ofMillis(3));
        first.release();
        clock.advance(Duration.ofMillis(4));
        part.release();
        first.release();
        assertThat(heard.all(pool, Held.class)).extracting(Held::held).containsExactly(Duration.ofMillis(3));
    }

    @Test
    void leasesThatAreNotWatchedAreHeldUnheard() {
        pool.setLeakDetection(LeakDetection.OFF);
        pool.acquire(1_000).release();
        assertThat(heard.all(pool, Held.class)).isEmpty();
    }

    @Test
    void whatAdaptersTakeBesides() {
        pool.reportOverflow(12_345, "the adapter");
        assertThat(heard()).containsExactly(new Overflowed("lake", start, 12_345, "the adapter"));
    }

    @Test
    void aListenerThatCameLaterAndLeft() {
        Heard late = new Heard();
        pool.reportOverflow(1, "before");
        PoolListener.Registration registration = pool.addListener(late);
        pool.reportOverflow(2, "while it listens");
        assertThat(late.all(pool)).hasSize(1);
        registration.close();
        registration.close();
        pool.reportOverflow(3, "after");
        assertThat(late.all(pool))
                .extracting(PoolEvent::toString)
                .containsExactly("Overflowed[pool=lake, nanoTime=" + start + ", bytes=2, by=while it listens]");
        assertThat(heard()).hasSize(3);
    }

    @Test
    void aListenerThatIsAddedTwiceIsToldTwice() {
        Heard twice = new Heard();
        PoolListener.Registration first = pool.addListener(twice);
        PoolListener.Registration second = pool.addListener(twice);
        pool.reportOverflow(1, "both");
        assertThat(twice.all(pool)).hasSize(2);
        first.close();
        pool.reportOverflow(2, "one");
        assertThat(twice.all(pool)).hasSize(3);
        second.close();
        pool.reportOverflow(3, "none");
        assertThat(heard()).hasSize(3);
        assertThat(twice.all(pool)).hasSize(3);
    }

    /** Whoever overrides {@code event} alone hears everything: no method forgets to pass it on. */
    @Test
    void everyMethodPassesItsEventOn() throws ReflectiveOperationException {
        for (Class<?> type : PoolEvent.class.getPermittedSubclasses()) {
            List<PoolEvent> passed = new ArrayList<>();
            PoolListener listener = new PoolListener() {
                @Override
                public void event(PoolEvent event) {
                    passed.add(event);
                }
            };
            String name = Character.toLowerCase(type.getSimpleName().charAt(0))
                    + type.getSimpleName().substring(1);
            Method method = PoolListener.class.getMethod(name, type);
            method.invoke(listener, new Object[] {null});
            assertThat(passed).as(name).hasSize(1);
        }
    }

    @Test
    void nullsAreRefused() {
        assertThatThrownBy(() -> pool.addListener(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pool.reportOverflow(1, null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> pool.setLeakDetection(null)).isInstanceOf(NullPointerException.class);
    }
}
