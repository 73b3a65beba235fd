package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

/** A sequence works on each buffer, which is released when the sequence ends. */
class ConsumeManyTest extends FluxTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 256})
    void mergesWhatTheSequencesEmit(int concurrency) throws IOException {
        assertThat(BufferFlux.read(file(100_000), pool, 100)
                        .consumeMany(
                                buffer -> Mono.fromSupplier(buffer::length).subscribeOn(Schedulers.parallel()),
                                concurrency)
                        .reduce(0, Integer::sum)
                        .block(LIMIT))
                .isEqualTo(100_000);
    }

    @Test
    void keepsTheOrderOneAtATime() {
        StepVerifier.create(BufferFlux.from(buffers("a", "b", "c"))
                        .consumeMany(
                                buffer -> Flux.just(buffer.toString(java.nio.charset.StandardCharsets.UTF_8), "-"), 1))
                .expectNext("a", "-", "b", "-", "c", "-")
                .verifyComplete();
    }

    @Test
    void releasesWhenTheSequenceCompletes() {
        List<TestPublisher<Integer>> work = new ArrayList<>();
        StepVerifier.create(BufferFlux.from(buffers("a", "b", "c")).consumeMany(buffer -> begun(work), 2))
                .then(() -> assertThat(pool.stats().buffersInUse()).isEqualTo(2))
                .then(() -> work.get(1).emit(7))
                .expectNext(7)
                .then(() -> assertThat(work).hasSize(3))
                .then(() -> assertThat(pool.stats().buffersInUse()).isEqualTo(2))
                .then(() -> work.get(0).complete())
                .then(() -> assertThat(pool.stats().buffersInUse()).isEqualTo(1))
                .then(() -> work.get(2).complete())
                .then(() -> assertThat(pool.stats().buffersInUse()).isZero())
                .verifyComplete();
    }

    @Test
    void aSequenceThatFailsEndsTheOthers() {
        List<TestPublisher<Integer>> work = new ArrayList<>();
        StepVerifier.create(BufferFlux.from(buffers("a", "b", "c")).consumeMany(buffer -> begun(work), 2))
                .then(() -> work.get(0).error(new IOException("gone")))
                .verifyErrorMessage("gone");
        work.get(1).assertCancelled();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void cancellingReleasesEverything() {
        List<TestPublisher<Integer>> work = new ArrayList<>();
        StepVerifier.create(BufferFlux.from(buffers("a", "b", "c")).consumeMany(buffer -> begun(work), 2))
                .then(() -> assertThat(pool.stats().buffersInUse()).isEqualTo(2))
                .thenCancel()
                .verify();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void aFunctionThatThrowsReleasesAndCancels() {
        List<TestPublisher<Integer>> work = new ArrayList<>();
        StepVerifier.create(BufferFlux.from(buffers("a", "b", "c"))
                        .consumeMany(
                                buffer -> {
                                    if (work.isEmpty()) {
                                        return begun(work);
                                    }
                                    throw new IllegalStateException("no");
                                },
                                8))
                .verifyErrorMessage("no");
        work.get(0).assertCancelled();
    }

    @Test
    void aFunctionThatReturnsNullIsAnError() {
        StepVerifier.create(BufferFlux.from(buffers("a")).consumeMany(buffer -> (Publisher<Integer>) null, 1))
                .verifyErrorMessage("the function returned null");
    }

    @Test
    void aSequenceOfOneElementIsHeldUntilItIsTakenOnlyByItself() {
        StepVerifier.create(BufferFlux.from(buffers("a", "b")).consumeMany(buffer -> Mono.just(buffer.length()), 1), 0)
                .then(() -> assertThat(pool.stats().buffersInUse()).isZero())
                .thenRequest(2)
                .expectNext(1, 1)
                .verifyComplete();
    }

    @Test
    void holdsNoMoreThanTheConcurrency() throws IOException {
        AtomicInteger most = new AtomicInteger();
        BufferFlux.read(file(50 * 65536), pool)
                .consumeMany(
                        buffer -> {
                            most.accumulateAndGet((int) pool.stats().buffersInUse(), Math::max);
                            return Mono.fromSupplier(buffer::length).subscribeOn(Schedulers.parallel());
                        },
                        3)
                .blockLast(LIMIT);
        assertThat(most).hasValueLessThanOrEqualTo(3);
    }

    @Test
    void needsAConcurrencyOfAtLeastOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(buffers("a")).consumeMany(Mono::just, 0));
    }

    @Test
    void cancelAgainstOnNext() {
        for (int round = 0; round < 1000; round++) {
            RudeSource source = new RudeSource();
            Disposable subscription = BufferFlux.from(source)
                    .consumeMany(buffer -> Mono.never(), 4)
                    .subscribe();
            PooledBuffer first = buffer("1");
            PooledBuffer second = buffer("2");
            RaceTestUtils.race(
                    () -> {
                        source.subscriber.onNext(first);
                        source.subscriber.onNext(second);
                    },
                    subscription::dispose);
            assertThat(first.isReleased()).isTrue();
            assertThat(second.isReleased()).isTrue();
        }
    }

    @Test
    void anErrorOfASequenceAgainstOnNext() {
        for (int round = 0; round < 1000; round++) {
            RudeSource source = new RudeSource();
            TestPublisher<Integer> work = TestPublisher.create();
            BufferFlux.from(source).consumeMany(buffer -> work, 4).subscribe(element -> {}, error -> {});
            PooledBuffer first = buffer("1");
            PooledBuffer second = buffer("2");
            source.subscriber.onNext(first);
            RaceTestUtils.race(() -> source.subscriber.onNext(second), () -> work.error(new IOException("gone")));
            assertThat(first.isReleased()).isTrue();
            // Subscribed to after the test's sequence had failed, it sees that failure at once.
            assertThat(second.isReleased()).isTrue();
            assertThat(source.cancelled).isTrue();
        }
    }

    @Test
    void cancelAgainstTheEndOfASequence() {
        for (int round = 0; round < 1000; round++) {
            TestPublisher<Integer> work = TestPublisher.create();
            PooledBuffer buffer = buffer("1");
            Disposable subscription =
                    BufferFlux.from(Flux.just(buffer)).consumeMany(b -> work, 4).subscribe(element -> {}, error -> {});
            boolean fails = round % 2 == 0;
            RaceTestUtils.race(subscription::dispose, () -> {
                if (fails) {
                    work.error(new IOException("gone"));
                } else {
                    work.complete();
                }
            });
            assertThat(buffer.isReleased()).isTrue();
        }
    }

    private static Flux<Integer> begun(List<TestPublisher<Integer>> work) {
        TestPublisher<Integer> one = TestPublisher.create();
        work.add(one);
        return one.flux();
    }
}
