package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.test.StepVerifier;

/** An operator emits what was requested and no more, and asks its source for one buffer at a time. */
class StageDemandTest extends FluxTest {

    private final RudeSource source = new RudeSource();

    private AnySubscriber subscribe(Staged operator) {
        AnySubscriber subscriber = new AnySubscriber();
        operator.over(BufferFlux.from(source)).subscribe(subscriber);
        return subscriber;
    }

    private PooledBuffer input() {
        return Cuts.buffer(pool, Staged.INPUT);
    }

    @ParameterizedTest
    @EnumSource
    void neverMoreThanRequestedAndOneAtATimeFromTheSource(Staged operator) {
        for (int seed = 0; seed < 200; seed++) {
            AtomicLong open = new AtomicLong();
            BufferFlux cut = BufferFlux.from(Cuts.of(pool, Staged.INPUT, new Random(seed))
                    .flux()
                    .doOnRequest(n -> assertThat(open.addAndGet(n)).isEqualTo(1))
                    .doOnNext(buffer -> open.decrementAndGet()));
            AnySubscriber subscriber = new AnySubscriber();
            operator.over(cut).subscribe(subscriber);
            for (int requested = 0; subscriber.ends.get() == 0; ) {
                assertThat(subscriber.received.get()).isEqualTo(requested);
                subscriber.request(1);
                requested++;
                assertThat(requested).isLessThan(100);
            }
            assertThat(subscriber.error).isNull();
            assertThat(pool.stats().buffersInUse()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void asksForNothingWithoutDemand(Staged operator) {
        AnySubscriber subscriber = subscribe(operator);
        assertThat(source.requested.get()).isZero();
        subscriber.request(1);
        assertThat(source.requested.get()).isEqualTo(1);
        subscriber.request(1);
        assertThat(source.requested.get()).isEqualTo(1);
        subscriber.cancel();
        assertThat(source.cancelled).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void anEmptySourceCompletesWithoutDemand(Staged operator) {
        AnySubscriber subscriber = subscribe(operator);
        source.subscriber.onComplete();
        if (operator.hasResultOfNothing() || operator.asksItself()) {
            assertThat(subscriber.ends.get()).isZero();
            subscriber.request(1);
        }
        assertThat(subscriber.received.get()).isEqualTo(operator.hasResultOfNothing() ? 1 : 0);
        assertThat(subscriber.ends.get()).isEqualTo(1);
        assertThat(subscriber.error).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void aFailedSourceFailsWithoutDemand(Staged operator) {
        AnySubscriber subscriber = subscribe(operator);
        source.subscriber.onError(new IOException("gone"));
        assertThat(subscriber.error).hasMessage("gone");
        assertThat(subscriber.ends.get()).isEqualTo(1);
    }

    @Test
    void completesWithTheLastResultThatWasRequested() {
        StepVerifier.create(BufferFlux.from(buffers("ab", "cd")).rechunk(2).map(FluxTest::text), 0)
                .thenRequest(2)
                .expectNext("ab", "cd")
                .verifyComplete();
        StepVerifier.create(BufferFlux.from(buffers("a\nb\n")).lines(StandardCharsets.UTF_8, 9), 0)
                .thenRequest(2)
                .expectNext("a", "b")
                .verifyComplete();
        StepVerifier.create(BufferFlux.from(buffers("abc")).join(3).map(FluxTest::text), 0)
                .thenRequest(1)
                .expectNext("abc")
                .verifyComplete();
    }

    @Test
    void takingNoBytesCancelsWithoutARequest() {
        for (Flux<PooledBuffer> none : List.of(
                BufferFlux.from(source).takeBytes(0), BufferFlux.from(source).byteRange(5, 0))) {
            source.cancelled = false;
            StepVerifier.create(none, 0).verifyComplete();
            assertThat(source.cancelled).isTrue();
            assertThat(source.requested.get()).isZero();
        }
    }

    @Test
    void takingBytesCancelsAtTheLast() {
        StepVerifier.create(BufferFlux.from(source).takeBytes(3).map(FluxTest::text), 1)
                .then(() -> source.subscriber.onNext(buffer("abcd")))
                .expectNext("abc")
                .verifyComplete();
        assertThat(source.cancelled).isTrue();
        assertThat(source.requested.get()).isEqualTo(1);
        source.subscriber.onNext(buffer("late"));
    }

    @Test
    void buffersPassAsTheyAreWhereTheyCan() {
        PooledBuffer whole = buffer("abc");
        for (Staged operator : new Staged[] {Staged.RECHUNK, Staged.TAKE, Staged.JOIN}) {
            PooledBuffer again = whole.retain();
            assertThat(operator.over(BufferFlux.from(Flux.just(again))).blockLast(LIMIT))
                    .isSameAs(again);
            again.release();
        }
        whole.release();
    }

    /** A buffer may be shared with others, so a copy is made where more must be added. */
    @Test
    void neverWritesToABufferOfTheSource() {
        PooledBuffer shared = buffer("abc");
        StepVerifier.create(BufferFlux.from(Flux.concat(Flux.defer(() -> Flux.just(shared.retain())), buffers("def")))
                        .join(10)
                        .map(FluxTest::text))
                .expectNext("abcdef")
                .verifyComplete();
        assertThat(shared.length()).isEqualTo(3);
        assertThat(text(shared)).isEqualTo("abc");
    }

    @ParameterizedTest
    @EnumSource
    void cancelAtEveryPoint(Staged operator) {
        for (int received = 0; received < 5; received++) {
            for (int piece = 1; piece <= Staged.INPUT.length; piece++) {
                int last = received;
                operator.over(Cuts.every(pool, Staged.INPUT, piece).flux()).subscribe(new AnySubscriber() {
                    @Override
                    protected void hookOnSubscribe(Subscription subscription) {
                        if (last == 0) {
                            cancel();
                        } else {
                            requestUnbounded();
                        }
                    }

                    @Override
                    protected void hookOnNext(Object result) {
                        super.hookOnNext(result);
                        if (received.get() == last) {
                            cancel();
                        }
                        assertThat(received.get()).isLessThanOrEqualTo(last);
                    }
                });
                assertThat(pool.stats().buffersInUse()).isZero();
            }
        }
        for (int given = 0; given < Staged.INPUT.length; given++) {
            AnySubscriber subscriber = subscribe(operator);
            subscriber.request(1);
            for (int i = 0; i < given && subscriber.received.get() == 0; i++) {
                source.subscriber.onNext(Cuts.buffer(pool, new byte[] {Staged.INPUT[i]}));
            }
            subscriber.cancel();
            assertThat(pool.stats().buffersInUse()).isZero();
            assertThat(subscriber.ends.get()).isLessThanOrEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSourceThatGoesOnAfterItsEnd(Staged operator) {
        AtomicLong dropped = new AtomicLong();
        Hooks.onErrorDropped(error -> dropped.incrementAndGet());
        try {
            AnySubscriber subscriber = subscribe(operator);
            subscriber.requestUnbounded();
            source.subscriber.onNext(input());
            source.subscriber.onComplete();
            source.subscriber.onNext(input());
            source.subscriber.onComplete();
            source.subscriber.onError(new IOException("late"));
            assertThat(subscriber.ends.get()).isEqualTo(1);
            assertThat(subscriber.error).isNull();
            assertThat(dropped.get()).isEqualTo(1);
            subscriber.request(1);
            subscriber.cancel();
        } finally {
            Hooks.resetOnErrorDropped();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSourceThatEmitsWithoutARequestOverflows(Staged operator) {
        AnySubscriber subscriber = subscribe(operator);
        source.subscriber.onNext(input());
        source.subscriber.onNext(input());
        source.subscriber.onNext(input());
        assertThat(subscriber.error).isInstanceOf(IllegalStateException.class).hasMessageContaining("requested");
        assertThat(subscriber.ends.get()).isEqualTo(1);
        assertThat(source.cancelled).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aSourceThatGoesOnAfterACancellation(Staged operator) {
        AnySubscriber subscriber = subscribe(operator);
        subscriber.request(1);
        subscriber.cancel();
        source.subscriber.onNext(input());
        source.subscriber.onNext(input());
        source.subscriber.onComplete();
        assertThat(subscriber.ends.get()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aBadRequestIsAnError(Staged operator) {
        HoldingSubscription raw = new HoldingSubscription();
        operator.over(BufferFlux.from(source)).subscribe(raw);
        raw.subscription.request(1);
        raw.subscription.request(-1);
        assertThat(raw.error)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rule 3.9: a request must be for at least 1, not -1");
        assertThat(source.cancelled).isTrue();
        raw.subscription.request(0);
        source.subscriber.onNext(input());
    }

    private static final class HoldingSubscription implements CoreSubscriber<Object> {
        Subscription subscription;
        Throwable error;

        @Override
        public void onSubscribe(Subscription s) {
            subscription = s;
        }

        @Override
        public void onNext(Object result) {
            throw new AssertionError("emitted " + result);
        }

        @Override
        public void onError(Throwable thrown) {
            assertThat(error).isNull();
            error = thrown;
        }

        @Override
        public void onComplete() {
            throw new AssertionError("completed");
        }
    }

    @Test
    void canBeScanned() {
        BufferFlux flux = BufferFlux.from(source);
        Flux<String> lines = flux.lines(StandardCharsets.UTF_8, 10);
        assertThat(Scannable.from(lines).scan(Scannable.Attr.PARENT)).isSameAs(flux);
        assertThat(Scannable.from(lines).scan(Scannable.Attr.PREFETCH)).isEqualTo(1);
        assertThat(Scannable.from(flux.join(1)).parents().anyMatch(parent -> parent == flux))
                .isTrue();
        AnySubscriber subscriber = subscribe(Staged.RECHUNK);
        subscriber.request(3);
        Scannable stage =
                Scannable.from(source.subscriber).actuals().findFirst().orElseThrow();
        for (Scannable each = Scannable.from(source.subscriber);
                each.isScanAvailable();
                each = Scannable.from(each.scan(Scannable.Attr.ACTUAL))) {
            if (each instanceof StageSubscriber) {
                stage = each;
            }
        }
        assertThat(stage).isInstanceOf(StageSubscriber.class);
        assertThat(stage.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(3);
        assertThat(stage.scan(Scannable.Attr.TERMINATED)).isFalse();
        source.subscriber.onComplete();
        assertThat(stage.scan(Scannable.Attr.TERMINATED)).isTrue();
        assertThat(stage.scan(Scannable.Attr.CANCELLED)).isFalse();
    }
}
