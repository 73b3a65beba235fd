package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** Everybody gets the same bytes, out of memory that goes back in the end, whatever the end is. */
class CacheBytesTest extends FluxTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final RudeSource source = new RudeSource();
    private final AtomicInteger subscriptions = new AtomicInteger();

    private HoldingSubscriber subscribeTo(BufferFlux flux, long demand) {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        flux.subscribe(subscriber);
        if (demand > 0) {
            subscriber.request(demand);
        }
        return subscriber;
    }

    private BufferFlux texts(String... texts) {
        return BufferFlux.from(Flux.defer(() -> {
            subscriptions.incrementAndGet();
            return buffers(texts);
        }));
    }

    private static List<String> release(HoldingSubscriber subscriber) {
        List<String> texts = new ArrayList<>();
        for (PooledBuffer buffer = subscriber.held.poll(); buffer != null; buffer = subscriber.held.poll()) {
            texts.add(text(buffer));
        }
        return texts;
    }

    @Test
    void everySubscriberGetsAllFromOneSubscriptionToTheSource() {
        BufferCache cache = texts("1", "2", "3").cacheBytes(1000);
        assertThat(subscriptions).hasValue(0);
        for (int i = 0; i < 3; i++) {
            HoldingSubscriber subscriber = subscribeTo(cache, 10);
            assertThat(subscriber.completions).hasValue(1);
            assertThat(release(subscriber)).containsExactly("1", "2", "3");
            assertThat(pool.stats().buffersInUse()).isEqualTo(3);
        }
        assertThat(subscriptions).hasValue(1);
        cache.dispose();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void givesReadOnlyLeasesOnOneMemory() {
        BufferCache cache = texts("1").cacheBytes(1000);
        PooledBuffer first = subscribeTo(cache, 1).held.remove();
        PooledBuffer second = subscribeTo(cache, 1).held.remove();
        assertThat(first.sharesMemoryWith(second)).isTrue();
        assertThatThrownBy(() -> first.byteBuffer().put(0, (byte) 7)).isInstanceOf(ReadOnlyBufferException.class);
        cache.dispose();
        assertThat(text(first)).isEqualTo("1");
        assertThat(text(second)).isEqualTo("1");
    }

    @Test
    void asksForWhatTheHungriestWantsAndNoMore() {
        BufferCache cache = BufferFlux.from(source).cacheBytes(1000);
        HoldingSubscriber one = subscribeTo(cache, 2);
        HoldingSubscriber other = subscribeTo(cache, 1);
        assertThat(source.requested).hasValue(2);
        source.subscriber.onNext(buffer("1"));
        source.subscriber.onNext(buffer("2"));
        other.request(2);
        assertThat(source.requested).hasValue(3);
        assertThat(release(one)).containsExactly("1", "2");
        assertThat(release(other)).containsExactly("1", "2");
        HoldingSubscriber late = subscribeTo(cache, 1);
        assertThat(release(late)).containsExactly("1");
        assertThat(source.requested).hasValue(3);
        cache.dispose();
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void theLimitCountsWhatIsPinned() throws IOException {
        BufferFlux slices = BufferFlux.read(
                ByteSources.file(file(64 << 10)).chunkSize(1 << 10).on(Schedulers.immediate()), pool);
        BufferCache enough = slices.cacheBytes(64 << 10);
        HoldingSubscriber all = subscribeTo(enough, Long.MAX_VALUE);
        assertThat(all.received).hasValue(64);
        all.releaseAll();
        enough.dispose();

        HoldingSubscriber none = subscribeTo(slices.takeBytes(10).cacheBytes(1000), Long.MAX_VALUE);
        assertThat(none.error)
                .isInstanceOf(ByteLimitException.class)
                .hasMessageContaining("which pins")
                .hasMessageContaining("limit of 1,000 bytes");
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void moreThanTheLimitIsAnErrorForAllAndReleasesAll() {
        BufferCache cache = BufferFlux.from(source).cacheBytes(2 * 64);
        HoldingSubscriber one = subscribeTo(cache, 5);
        HoldingSubscriber idle = subscribeTo(cache, 0);
        source.subscriber.onNext(buffer("1"));
        source.subscriber.onNext(buffer("2"));
        source.subscriber.onNext(buffer("3"));
        assertThat(source.cancelled).isTrue();
        for (HoldingSubscriber each : List.of(one, idle, subscribeTo(cache, 0))) {
            assertThat(each.error).isInstanceOf(ByteLimitException.class);
        }
        assertThat(release(one)).containsExactly("1", "2");
        assertThat(pool.stats().buffersInUse()).isZero();
        source.subscriber.onNext(buffer("late"));
        source.subscriber.onComplete();
    }

    @Test
    void anErrorIsReplayedAfterWhatCameBefore() {
        BufferCache cache = BufferFlux.from(source).cacheBytes(1000);
        HoldingSubscriber one = subscribeTo(cache, 5);
        source.subscriber.onNext(buffer("1"));
        source.subscriber.onError(new IOException("gone"));
        assertThat(one.error).hasMessage("gone");
        HoldingSubscriber late = subscribeTo(cache, 0);
        assertThat(late.error).isNull();
        late.request(1);
        assertThat(late.error).hasMessage("gone");
        assertThat(release(one)).isEqualTo(release(late)).containsExactly("1");
        cache.dispose();
    }

    @Test
    void disposingEndsThoseWhoHaveNotHadEverything() {
        BufferCache cache = texts("1", "2").cacheBytes(1000);
        HoldingSubscriber whole = subscribeTo(cache, 2);
        HoldingSubscriber half = subscribeTo(cache, 1);
        assertThat(cache.isDisposed()).isFalse();
        cache.dispose();
        assertThat(cache.isDisposed()).isTrue();
        assertThat(whole.error).isNull();
        assertThat(half.error).isInstanceOf(CancellationException.class).hasMessage("the cache was disposed of");
        assertThat(release(half)).containsExactly("1");
        assertThat(release(whole)).containsExactly("1", "2");
        assertThat(subscribeTo(cache, 1).error).isInstanceOf(CancellationException.class);
        assertThat(subscriptions).hasValue(1);
        cache.dispose();
    }

    @Test
    void expiresAndStartsAnew() {
        VirtualTimeScheduler clock = VirtualTimeScheduler.create();
        BufferCache cache = texts("1", "2").cacheBytes(1000, MINUTE, clock);
        assertThat(release(subscribeTo(cache, 2))).containsExactly("1", "2");
        clock.advanceTimeBy(MINUTE.minusNanos(1));
        assertThat(release(subscribeTo(cache, 2))).containsExactly("1", "2");
        assertThat(subscriptions).hasValue(1);
        clock.advanceTimeBy(Duration.ofNanos(1));
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(release(subscribeTo(cache, 2))).containsExactly("1", "2");
        assertThat(subscriptions).hasValue(2);
        clock.advanceTimeBy(MINUTE);
    }

    @Test
    void whoHasBegunReadsOnWhenTheContentExpires() {
        VirtualTimeScheduler clock = VirtualTimeScheduler.create();
        BufferCache cache = texts("1", "2", "3").cacheBytes(1000, MINUTE, clock);
        HoldingSubscriber slow = subscribeTo(cache, 1);
        HoldingSubscriber fast = subscribeTo(cache, 3);
        release(fast);
        clock.advanceTimeBy(MINUTE);
        assertThat(pool.stats().buffersInUse()).isEqualTo(3);
        release(subscribeTo(cache, 3));
        assertThat(subscriptions).hasValue(2);
        slow.request(2);
        assertThat(slow.completions).hasValue(1);
        assertThat(release(slow)).containsExactly("1", "2", "3");
        assertThat(pool.stats().buffersInUse()).as("those of the second").isEqualTo(3);
        clock.advanceTimeBy(MINUTE);
    }

    @Test
    void disposingEndsThoseToo() {
        VirtualTimeScheduler clock = VirtualTimeScheduler.create();
        BufferCache cache = texts("1", "2").cacheBytes(1000, MINUTE, clock);
        HoldingSubscriber slow = subscribeTo(cache, 2);
        HoldingSubscriber slower = subscribeTo(cache, 1);
        clock.advanceTimeBy(MINUTE);
        cache.dispose();
        assertThat(slower.error).isInstanceOf(CancellationException.class);
        slow.releaseAll();
        slower.releaseAll();
    }

    @Test
    void aClockThatIsShutDownKeepsNothing() {
        VirtualTimeScheduler clock = VirtualTimeScheduler.create();
        clock.dispose();
        BufferCache cache = texts("1").cacheBytes(1000, MINUTE, clock);
        assertThat(release(subscribeTo(cache, 1))).containsExactly("1");
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void cancellingOfAllBeforeTheEndCancelsTheSourceAndReleases() {
        BufferCache cache = BufferFlux.from(source).cacheBytes(1000);
        HoldingSubscriber one = subscribeTo(cache, 5);
        HoldingSubscriber other = subscribeTo(cache, 5);
        source.subscriber.onNext(buffer("1"));
        one.releaseAll();
        other.releaseAll();
        one.cancel();
        assertThat(source.cancelled).isFalse();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        other.cancel();
        assertThat(source.cancelled).isTrue();
        assertThat(pool.stats().buffersInUse()).isZero();
        source.subscriber.onNext(buffer("late"));
        HoldingSubscriber anew = subscribeTo(cache, 1);
        source.subscriber.onNext(buffer("2"));
        assertThat(release(anew)).containsExactly("2");
        anew.cancel();
    }

    @Test
    void aSubscriberThatThrowsHasLeft() {
        Hooks.onErrorDropped(error -> {});
        BufferCache cache = texts("1", "2").cacheBytes(1000);
        cache.subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                requestUnbounded();
            }

            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                throw reactor.core.Exceptions.bubble(new IllegalStateException("in onNext"));
            }
        });
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(release(subscribeTo(cache, 2))).containsExactly("1", "2");
        cache.dispose();
        Hooks.resetOnErrorDropped();
    }

    /** Whoever subscribed before reads on; what is held goes back when the last has read it. */
    @Test
    void aCacheThatIsGarbageGivesBack() {
        HoldingSubscriber half = fillAndForget();
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        collectUntil(() -> isAbandoned(half));
        half.request(1);
        assertThat(half.completions).hasValue(1);
        assertThat(release(half)).containsExactly("1", "2");
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    private HoldingSubscriber fillAndForget() {
        BufferCache cache = texts("1", "2").cacheBytes(1000);
        release(subscribeTo(cache, 2));
        return subscribeTo(cache, 1);
    }

    private static boolean isAbandoned(HoldingSubscriber subscriber) {
        CacheHub trunk = ((CacheInner) subscriber.upstream()).trunk();
        return trunk != null && !trunk.isOffered();
    }

    @Test
    void aCacheThatIsGarbageAndHasNoSubscriberGivesBack() {
        release(forgotten());
        collectUntil(() -> pool.stats().buffersInUse() == 0);
        assertThat(pool.stats().lost()).isZero();
    }

    private HoldingSubscriber forgotten() {
        return subscribeTo(texts("1", "2").cacheBytes(1000), 2);
    }

    private static void collectUntil(java.util.concurrent.Callable<Boolean> condition) {
        eventually(() -> {
            System.gc();
            return condition.call();
        });
    }

    @Test
    void keepsTheBytesOfAFile() throws IOException {
        BufferCache cache = BufferFlux.read(file(500_000), pool, 1000).cacheBytes(1 << 20);
        for (int i = 0; i < 3; i++) {
            assertThat(cache.emitOn(Schedulers.parallel(), 4)
                            .asString(java.nio.charset.StandardCharsets.ISO_8859_1, 1 << 20)
                            .block(LIMIT))
                    .isEqualTo(new String(content(500_000), java.nio.charset.StandardCharsets.ISO_8859_1));
        }
        cache.dispose();
    }

    @Test
    void disposingAgainstReading() {
        for (int round = 0; round < 1000; round++) {
            BufferCache cache = texts("1", "2", "3").cacheBytes(1000);
            HoldingSubscriber first = subscribeTo(cache, 1);
            HoldingSubscriber second = subscribeTo(cache, 0);
            RaceTestUtils.race(() -> first.request(2), () -> second.request(3), cache::dispose);
            for (HoldingSubscriber each : List.of(first, second)) {
                assertThat(each.hasEnded()).isTrue();
                if (each.error == null) {
                    assertThat(release(each)).containsExactly("1", "2", "3");
                }
                each.releaseAll();
            }
            assertThat(pool.stats().buffersInUse()).isZero();
        }
    }

    @Test
    void cancellingAgainstSubscribingAndTheEnd() {
        for (int round = 0; round < 1000; round++) {
            RudeSource rude = new RudeSource();
            BufferCache cache = BufferFlux.from(rude).cacheBytes(1000);
            HoldingSubscriber first = subscribeTo(cache, 3);
            HoldingSubscriber second = new HoldingSubscriber();
            rude.subscriber.onNext(buffer("1"));
            CoreSubscriber<? super PooledBuffer> begun = rude.subscriber;
            RaceTestUtils.race(first::cancel, begun::onComplete, () -> cache.subscribe(second));
            second.cancel();
            first.releaseAll();
            cache.dispose();
            second.releaseAll();
            assertThat(pool.stats().buffersInUse()).isZero();
        }
    }

    @Test
    void refusesWhatMakesNoSense() {
        BufferFlux flux = texts("1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.cacheBytes(-1))
                .withMessage("the limit must be at least 0, not -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> flux.cacheBytes(1, Duration.ofSeconds(-1)))
                .withMessage("the time to live must be above zero, not PT-1S");
    }

    @Test
    void canBeScanned() {
        BufferCache cache = BufferFlux.from(source).cacheBytes(1000);
        HoldingSubscriber subscriber = subscribeTo(cache, 1);
        assertThat(Scannable.from(cache).scan(Scannable.Attr.PARENT)).isNotNull();
        Scannable branch = Scannable.from(subscriber.upstream());
        assertThat(branch.scan(Scannable.Attr.PARENT)).isNotNull();
        cache.dispose();
        assertThat(Scannable.from(cache).scan(Scannable.Attr.CANCELLED)).isTrue();
        assertThat(branch.scan(Scannable.Attr.TERMINATED)).isTrue();
        assertThat(branch.scan(Scannable.Attr.ERROR)).isNotNull();
    }
}
