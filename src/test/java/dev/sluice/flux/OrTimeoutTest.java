package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import reactor.core.Scannable;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** A buffer comes in time, or there is an error; it is never lost. */
class OrTimeoutTest extends FluxTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final RudeSource source = new RudeSource();
    private final HoldingSubscriber subscriber = new HoldingSubscriber();

    private void subscribe() {
        BufferFlux.from(source).orTimeout(SECOND, clock).subscribe(subscriber);
        subscriber.request(10);
    }

    private void emit(String text) {
        source.subscriber.onNext(buffer(text));
    }

    @Test
    void countsFromTheRequest() {
        subscribe();
        clock.advanceTimeBy(SECOND.minusNanos(1));
        assertThat(subscriber.error).isNull();
        clock.advanceTimeBy(Duration.ofNanos(1));
        assertThat(subscriber.error)
                .isInstanceOf(TimeoutException.class)
                .hasMessage("no buffer came within PT1S, though 10 were asked for; 0 came before");
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void countsAnewFromEachBuffer() {
        subscribe();
        for (int i = 0; i < 3; i++) {
            clock.advanceTimeBy(SECOND.minusNanos(1));
            emit("x");
        }
        assertThat(subscriber.error).isNull();
        clock.advanceTimeBy(SECOND);
        assertThat(subscriber.error).hasMessage("no buffer came within PT1S, though 7 were asked for; 3 came before");
        assertThat(subscriber.received).hasValue(3);
        subscriber.releaseAll();
    }

    /** A subscriber that has had what it asked for may take its time before it asks for more. */
    @Test
    void whatIsNotRequestedIsNotWaitedFor() {
        BufferFlux.from(source).orTimeout(SECOND, clock).subscribe(subscriber);
        clock.advanceTimeBy(SECOND.multipliedBy(10));
        for (int i = 0; i < 3; i++) {
            subscriber.request(1);
            clock.advanceTimeBy(SECOND.minusNanos(1));
            emit("x");
            clock.advanceTimeBy(SECOND.multipliedBy(10));
            assertThat(subscriber.error).isNull();
        }
        subscriber.request(1);
        clock.advanceTimeBy(SECOND);
        assertThat(subscriber.error).hasMessage("no buffer came within PT1S, though 1 was asked for; 3 came before");
        subscriber.releaseAll();
    }

    @Test
    void whatComesTooLateIsReleased() {
        subscribe();
        clock.advanceTimeBy(SECOND);
        emit("late");
        assertThat(subscriber.received).hasValue(0);
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void anEndInTimeStopsTheClock() {
        subscribe();
        source.subscriber.onComplete();
        clock.advanceTimeBy(SECOND);
        assertThat(subscriber.completions).hasValue(1);
        assertThat(subscriber.error).isNull();
        source.subscriber.onComplete();
        assertThat(subscriber.completions).hasValue(1);
        emit("late");
    }

    @Test
    void anErrorInTimeIsPassedOn() {
        subscribe();
        source.subscriber.onError(new IOException("gone"));
        assertThat(subscriber.error).hasMessage("gone");
        clock.advanceTimeBy(SECOND);
        assertThat(subscriber.error).hasMessage("gone");
    }

    @Test
    void cancellingStopsTheClock() {
        subscribe();
        subscriber.cancel();
        assertThat(source.cancelled).isTrue();
        clock.advanceTimeBy(SECOND);
        assertThat(subscriber.error).isNull();
        emit("late");
    }

    /** The time in which a subscriber works on a buffer does not count. */
    @Test
    void onNextIsNotTimed() {
        BufferFlux.from(source).orTimeout(SECOND, clock).subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                clock.advanceTimeBy(SECOND.multipliedBy(2));
                subscriber.hookOnNext(buffer);
            }

            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                requestUnbounded();
            }

            @Override
            protected void hookOnError(Throwable error) {
                subscriber.hookOnError(error);
            }
        });
        emit("slow");
        assertThat(subscriber.error).isNull();
        clock.advanceTimeBy(SECOND);
        assertThat(subscriber.error).isInstanceOf(TimeoutException.class);
        subscriber.releaseAll();
    }

    @Test
    void aSchedulerThatIsShutDown() {
        clock.dispose();
        subscribe();
        assertThat(subscriber.error).isInstanceOf(RejectedExecutionException.class);
        assertThat(source.cancelled).isTrue();
        emit("late");
    }

    @Test
    void theOverloadUsesTheParallelScheduler() {
        StepVerifier.withVirtualTime(() -> BufferFlux.from(new RudeSource()).orTimeout(SECOND))
                .expectSubscription()
                .expectNoEvent(SECOND.minusNanos(1))
                .thenAwait(Duration.ofNanos(1))
                .verifyError(TimeoutException.class);
    }

    /** A buffer at the very moment of the timeout is the subscriber's or the pool's again. */
    @Test
    void aBufferAgainstTheTimeout() {
        Hooks.onErrorDropped(error -> {});
        for (int round = 0; round < 2000; round++) {
            VirtualTimeScheduler own = VirtualTimeScheduler.create();
            RudeSource rude = new RudeSource();
            HoldingSubscriber holding = new HoldingSubscriber();
            BufferFlux.from(rude).orTimeout(SECOND, own).subscribe(holding);
            holding.request(1);
            PooledBuffer buffer = buffer("x");
            RaceTestUtils.race(() -> rude.subscriber.onNext(buffer), () -> own.advanceTimeBy(SECOND));
            assertThat(holding.held.contains(buffer)).isNotEqualTo(buffer.isReleased());
            holding.releaseAll();
            holding.cancel();
            own.dispose();
        }
        Hooks.resetOnErrorDropped();
    }

    @Test
    void theTimeIsAboveZero() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(source).orTimeout(Duration.ZERO))
                .withMessage("the timeout must be above zero, not PT0S");
        BufferFlux.from(source)
                .orTimeout(Duration.ofSeconds(Long.MAX_VALUE), Schedulers.parallel())
                .subscribe(subscriber);
        subscriber.cancel();
    }

    @Test
    void canBeScanned() {
        BufferFlux timed = BufferFlux.from(source).orTimeout(SECOND, clock);
        assertThat(Scannable.from(timed).scanUnsafe(Scannable.Attr.RUN_ON)).isEqualTo(clock);
        assertThat(Scannable.from(timed).scan(Scannable.Attr.PARENT)).isNotNull();
        timed.subscribe(subscriber);
        Scannable subscription = Scannable.from(subscriber.upstream());
        assertThat(subscription.scan(Scannable.Attr.TERMINATED)).isFalse();
        assertThat(subscription.scanUnsafe(Scannable.Attr.RUN_ON)).isEqualTo(clock);
        subscriber.cancel();
        assertThat(subscription.scan(Scannable.Attr.TERMINATED)).isTrue();
    }

    @Test
    void readsInTime() throws IOException {
        assertThat(BufferFlux.read(file(100_000), pool, 1000)
                        .orTimeout(LIMIT)
                        .consume(PooledBuffer::length)
                        .reduce(0, Integer::sum)
                        .block(LIMIT))
                .isEqualTo(100_000);
    }
}
