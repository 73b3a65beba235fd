package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

/** Sequences work on several buffers at a time, and what they emit comes in the order of the buffers. */
class ConsumeManyOrderedTest extends FluxTest {

    private final RudeSource source = new RudeSource();
    private final AnySubscriber subscriber = new AnySubscriber();
    private final List<TestPublisher<Integer>> work = new ArrayList<>();

    @AfterEach
    void resetHooks() {
        Hooks.resetOnErrorDropped();
    }

    private Flux<Integer> begun(PooledBuffer buffer) {
        TestPublisher<Integer> one = TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
        work.add(one);
        return one.flux();
    }

    private void subscribe(int concurrency) {
        BufferFlux.from(source).consumeManyOrdered(this::begun, concurrency).subscribe(subscriber);
    }

    private void emit(String... texts) {
        for (String text : texts) {
            source.subscriber.onNext(buffer(text));
        }
    }

    @Test
    void emitsInTheOrderOfTheBuffersAndReleasesInTheOrderOfTheEnds() {
        List<Integer> all = new ArrayList<>();
        BufferFlux.from(source).consumeManyOrdered(this::begun, 2).subscribe(all::add);
        assertThat(source.requested).hasValue(2);
        emit("1", "2");
        work.get(1).emit(21, 22);
        assertThat(all).isEmpty();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThat(source.requested).as("the second waits its turn").hasValue(2);
        work.get(0).next(11);
        assertThat(all).containsExactly(11);
        work.get(0).complete();
        assertThat(all).containsExactly(11, 21, 22);
        assertThat(source.requested).hasValue(4);
        source.subscriber.onComplete();
    }

    @Test
    void isTheSameOnManyThreads() {
        List<Integer> all = BufferFlux.from(Flux.range(1, 300).map(i -> buffer("x".repeat(i))))
                .consumeManyOrdered(
                        buffer -> Flux.range(0, 40)
                                .map(i -> 100 * buffer.length() + i)
                                .subscribeOn(Schedulers.parallel()),
                        4)
                .collectList()
                .block(LIMIT);
        assertThat(all)
                .isEqualTo(IntStream.rangeClosed(1, 300)
                        .boxed()
                        .flatMap(i -> IntStream.range(0, 40).mapToObj(k -> 100 * i + k))
                        .toList());
    }

    @Test
    void emitsNoMoreThanWasRequested() {
        StepVerifier.create(BufferFlux.from(buffers("1", "2")).consumeManyOrdered(buffer -> Flux.range(0, 3), 2), 0)
                .expectSubscription()
                .thenRequest(1)
                .expectNext(0)
                .thenRequest(3)
                .expectNext(1, 2, 0)
                .thenRequest(2)
                .expectNext(1, 2)
                .verifyComplete();
    }

    @Test
    void nothingStartsBeforeTheFirstRequest() {
        subscribe(3);
        assertThat(source.requested).hasValue(0);
        subscriber.request(1);
        assertThat(source.requested).hasValue(3);
        subscriber.cancel();
        assertThat(source.cancelled).isTrue();
    }

    @Test
    void aSequenceThatFailsEndsAllAtOnce() {
        subscribe(3);
        subscriber.request(10);
        emit("1", "2", "3");
        work.get(1).next(2);
        work.get(2).error(new IOException("gone"));
        assertThat(subscriber.error).hasMessage("gone");
        assertThat(source.cancelled).isTrue();
        assertThat(pool.stats().buffersInUse()).isZero();
        work.get(0).assertCancelled();
        emit("late");
    }

    @Test
    void theSourceThatFailsEndsAllAtOnce() {
        subscribe(3);
        subscriber.request(10);
        emit("1", "2");
        source.subscriber.onError(new IOException("gone"));
        assertThat(subscriber.error).hasMessage("gone");
        assertThat(pool.stats().buffersInUse()).isZero();
        emit("late");
        Hooks.onErrorDropped(error -> {});
        source.subscriber.onError(new IOException("late"));
    }

    @Test
    void cancellingReleasesAllAndDiscardsWhatWaits() {
        List<Object> discarded = new ArrayList<>();
        BufferFlux.from(source)
                .consumeManyOrdered(this::begun, 3)
                .doOnDiscard(Integer.class, discarded::add)
                .subscribe(subscriber);
        subscriber.request(10);
        emit("1", "2");
        work.get(1).next(7);
        subscriber.cancel();
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(discarded).containsExactly(7);
        work.get(0).assertCancelled();
        work.get(1).assertCancelled();
        emit("late");
    }

    @Test
    void aFunctionThatThrowsOrReturnsNull() {
        StepVerifier.create(BufferFlux.from(buffers("1", "2")).consumeManyOrdered(buffer -> throwing(), 2))
                .verifyErrorMessage("no");
        StepVerifier.create(BufferFlux.from(buffers("1")).consumeManyOrdered(buffer -> (Publisher<Integer>) null, 2))
                .verifyErrorMessage("the function returned null");
    }

    private static Publisher<Integer> throwing() {
        throw new IllegalStateException("no");
    }

    @Test
    void aSubscriberThatThrowsReleasesAll() {
        BufferFlux.from(source).consumeManyOrdered(this::begun, 3).subscribe(new AnySubscriber() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                requestUnbounded();
            }

            @Override
            protected void hookOnNext(Object result) {
                throw new StackOverflowError("in onNext");
            }
        });
        emit("1", "2");
        try {
            work.get(0).next(1);
        } catch (StackOverflowError e) {
            assertThat(e).hasMessage("in onNext");
        }
        assertThat(source.cancelled).isTrue();
        assertThat(pool.stats().buffersInUse()).isZero();
        emit("late");
    }

    @Test
    void aSourceThatEmitsTooMuchIsAnError() {
        subscribe(2);
        subscriber.request(1);
        emit("1", "2", "3");
        assertThat(Exceptions.isOverflow(subscriber.error)).isTrue();
        assertThat(source.cancelled).isTrue();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void aBadRequestIsAnError() {
        StepVerifier.create(BufferFlux.from(source).consumeManyOrdered(this::begun, 2), 0)
                .thenRequest(1)
                .then(() -> emit("1"))
                .then(() -> sequence().request(-1))
                .verifyError(IllegalArgumentException.class);
        assertThat(source.cancelled).isTrue();
    }

    private FluxConsumeManyOrderedSubscriber<?> sequence() {
        Scannable each = Scannable.from(source.subscriber);
        while (!(each instanceof FluxConsumeManyOrderedSubscriber<?> found)) {
            each = Scannable.from(each.scan(Scannable.Attr.ACTUAL));
        }
        return found;
    }

    /** What Reactor's own operator forgets: a sequence subscribed to while an error ends it all. */
    @Test
    void anErrorOfOneAgainstTheNext() {
        Hooks.onErrorDropped(error -> {});
        for (int round = 0; round < 2000; round++) {
            RudeSource rude = new RudeSource();
            TestPublisher<Integer> first = TestPublisher.create();
            PooledBuffer one = buffer("1");
            PooledBuffer two = buffer("2");
            BufferFlux.from(rude)
                    .consumeManyOrdered(buffer -> buffer == one ? first.mono() : Mono.never(), 4)
                    .subscribe(element -> {}, error -> {});
            rude.subscriber.onNext(one);
            RaceTestUtils.race(() -> rude.subscriber.onNext(two), () -> first.error(new IOException("gone")));
            assertThat(one.isReleased()).isTrue();
            assertThat(two.isReleased()).isTrue();
        }
    }

    @Test
    void needsAConcurrencyOfAtLeastOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(source).consumeManyOrdered(Mono::just, 0))
                .withMessage("the concurrency must be at least 1, not 0");
    }

    @Test
    void canBeScanned() {
        Flux<Integer> flux = BufferFlux.from(source).consumeManyOrdered(this::begun, 3);
        assertThat(flux.getPrefetch()).isEqualTo(3);
        flux.subscribe(subscriber);
        subscriber.request(5);
        emit("1", "2");
        work.get(1).next(1);
        FluxConsumeManyOrderedSubscriber<?> sequence = sequence();
        assertThat(sequence.scan(Scannable.Attr.PREFETCH)).isEqualTo(3);
        assertThat(sequence.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(5);
        assertThat(sequence.scan(Scannable.Attr.PARENT)).isNotNull();
        subscriber.cancel();
        assertThat(sequence.scan(Scannable.Attr.CANCELLED)).isTrue();
    }
}
