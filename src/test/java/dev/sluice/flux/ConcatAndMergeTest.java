package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** Several sequences become one. */
class ConcatAndMergeTest extends FluxTest {

    private final List<RudeSource> sources = new ArrayList<>();
    private final HoldingSubscriber subscriber = new HoldingSubscriber();

    @AfterEach
    void releaseHeld() {
        subscriber.releaseAll();
        Hooks.resetOnErrorDropped();
    }

    private BufferFlux merged(int concurrency, int count) {
        List<BufferFlux> fluxes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RudeSource source = new RudeSource();
            sources.add(source);
            fluxes.add(BufferFlux.from(source));
        }
        return BufferFlux.mergeBuffers(fluxes, concurrency);
    }

    private void emit(int source, String text) {
        sources.get(source).subscriber.onNext(buffer(text));
    }

    @Test
    void concatEmitsOneAfterTheOther() {
        BufferFlux all = BufferFlux.concatBuffers(List.of(
                BufferFlux.from(buffers("1", "2")), BufferFlux.from(Flux.empty()), BufferFlux.from(buffers("3"))));
        for (int i = 0; i < 2; i++) {
            StepVerifier.create(all.map(FluxTest::text), 2)
                    .expectNext("1", "2")
                    .thenRequest(1)
                    .expectNext("3")
                    .verifyComplete();
        }
    }

    @Test
    void concatEndsWithTheFirstError() {
        StepVerifier.create(BufferFlux.concatBuffers(List.of(
                                BufferFlux.from(buffers("1")),
                                BufferFlux.from(Flux.<PooledBuffer>error(new IOException("gone"))),
                                BufferFlux.from(buffers("2"))))
                        .map(FluxTest::text))
                .expectNext("1")
                .verifyErrorMessage("gone");
    }

    @Test
    void concatReleasesWhatReactorDiscardsAbove() {
        Flux<PooledBuffer> filtered = buffers("1", "22").filter(buffer -> buffer.length() > 1);
        StepVerifier.create(BufferFlux.concatBuffers(List.of(BufferFlux.from(filtered)))
                        .map(FluxTest::text))
                .expectNext("22")
                .verifyComplete();
    }

    @Test
    void mergeEmitsWhatComesAsItComes() {
        merged(2, 2).subscribe(subscriber);
        assertThat(sources)
                .as("before the first request")
                .allSatisfy(source -> assertThat(source.requested).hasValue(0));
        subscriber.request(10);
        emit(1, "b");
        emit(0, "a");
        emit(1, "c");
        assertThat(subscriber.held.stream().map(PooledBuffer::toByteArray).map(String::new))
                .containsExactly("b", "a", "c");
        sources.forEach(source -> source.subscriber.onComplete());
        assertThat(subscriber.completions).hasValue(1);
    }

    @Test
    void mergeAsksEachForOneAtATime() {
        merged(2, 2).subscribe(subscriber);
        subscriber.request(1);
        assertThat(sources).allSatisfy(source -> assertThat(source.requested).hasValue(1));
        emit(0, "a");
        assertThat(sources.get(0).requested).hasValue(2);
        emit(0, "a");
        emit(1, "b");
        assertThat(subscriber.received).hasValue(1);
        assertThat(sources.get(0).requested).hasValue(2);
        assertThat(sources.get(1).requested).hasValue(1);
        subscriber.request(1);
        assertThat(subscriber.received).hasValue(2);
        assertThat(sources.get(0).requested).hasValue(3);
        subscriber.cancel();
        assertThat(sources).allSatisfy(source -> assertThat(source.cancelled).isTrue());
        subscriber.releaseAll();
        assertThat(pool.stats().buffersInUse()).isZero();
        emit(0, "late");
    }

    @Test
    void mergeSubscribesToTheNextAsOneEnds() {
        merged(2, 3).subscribe(subscriber);
        subscriber.request(10);
        assertThat(sources.get(2).subscriber).isNull();
        sources.get(0).subscriber.onComplete();
        assertThat(sources.get(2).subscriber).isNotNull();
        sources.get(1).subscriber.onComplete();
        emit(2, "c");
        assertThat(subscriber.completions).hasValue(0);
        sources.get(2).subscriber.onComplete();
        assertThat(subscriber.completions).hasValue(1);
    }

    @Test
    void mergeEmitsWhatWaitsBeforeItCompletes() {
        merged(1, 1).subscribe(subscriber);
        subscriber.request(1);
        emit(0, "a");
        emit(0, "b");
        sources.get(0).subscriber.onComplete();
        assertThat(subscriber.completions).hasValue(0);
        subscriber.request(1);
        assertThat(subscriber.received).hasValue(2);
        assertThat(subscriber.completions).hasValue(1);
    }

    @Test
    void mergeOfNothingCompletesAndAnErrorComesWithoutARequest() {
        StepVerifier.create(BufferFlux.mergeBuffers(List.of(), 2), 0).verifyComplete();
        BufferFlux failing = BufferFlux.from(Flux.<PooledBuffer>error(new IOException("gone")));
        StepVerifier.create(BufferFlux.mergeBuffers(List.of(failing), 2), 0).verifyErrorMessage("gone");
    }

    @Test
    void anErrorEndsAllAndReleasesWhatWaits() {
        merged(2, 2).subscribe(subscriber);
        subscriber.request(1);
        emit(0, "a");
        emit(0, "b");
        emit(1, "c");
        sources.get(1).subscriber.onError(new IOException("gone"));
        assertThat(subscriber.error).hasMessage("gone");
        assertThat(sources.get(0).cancelled).isTrue();
        subscriber.releaseAll();
        assertThat(pool.stats().buffersInUse()).isZero();
        Hooks.onErrorDropped(error -> {});
        sources.get(0).subscriber.onError(new IOException("late"));
        emit(0, "late");
    }

    @Test
    void aSourceThatEmitsTooMuchIsAnError() {
        merged(2, 2).subscribe(subscriber);
        subscriber.request(1);
        emit(0, "a");
        emit(0, "b");
        emit(0, "c");
        assertThat(Exceptions.isOverflow(subscriber.error)).isTrue();
        assertThat(sources.get(1).cancelled).isTrue();
        emit(1, "late");
    }

    @Test
    void whatIteratingThrowsIsTheError() {
        Iterable<BufferFlux> broken = () -> new Iterator<>() {
            private int left = 1;

            @Override
            public boolean hasNext() {
                if (left-- == 0) {
                    throw new IllegalStateException("no more");
                }
                return true;
            }

            @Override
            public BufferFlux next() {
                return BufferFlux.from(new RudeSource());
            }
        };
        StepVerifier.create(BufferFlux.mergeBuffers(broken, 2)).verifyErrorMessage("no more");
        List<BufferFlux> none = new ArrayList<>();
        none.add(null);
        StepVerifier.create(BufferFlux.mergeBuffers(none, 2)).verifyErrorMessage("a source is null");
    }

    @Test
    void aBadRequestIsAnError() {
        merged(1, 1).subscribe(subscriber);
        subscriber.request(1);
        subscriber.upstream().request(0);
        assertThat(subscriber.error).hasMessageContaining("3.9");
        assertThat(sources.get(0).cancelled).isTrue();
    }

    @Test
    void aSubscriberThatThrowsReleasesAll() {
        merged(2, 2).subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                requestUnbounded();
            }

            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                throw new StackOverflowError("in onNext");
            }
        });
        PooledBuffer buffer = buffer("a");
        try {
            sources.get(0).subscriber.onNext(buffer);
        } catch (StackOverflowError e) {
            assertThat(e).hasMessage("in onNext");
        }
        assertThat(sources).allSatisfy(source -> assertThat(source.cancelled).isTrue());
        emit(1, "late");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void mergesFilesOnManyThreads(int concurrency) throws IOException {
        BufferFlux file = BufferFlux.read(file(100_000), pool, 1000);
        Integer sum = BufferFlux.mergeBuffers(
                        IntStream.range(0, 5).mapToObj(i -> file).toList(), concurrency)
                .emitOn(Schedulers.parallel(), 4)
                .consume(PooledBuffer::length)
                .reduce(0, Integer::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(500_000);
    }

    @Test
    void cancelAgainstTwoSources() {
        for (int round = 0; round < 2000; round++) {
            sources.clear();
            HoldingSubscriber holding = new HoldingSubscriber();
            merged(2, 2).subscribe(holding);
            holding.request(round % 3 + 1);
            PooledBuffer one = buffer("1");
            PooledBuffer two = buffer("2");
            RaceTestUtils.race(
                    () -> sources.get(0).subscriber.onNext(one),
                    () -> sources.get(1).subscriber.onNext(two),
                    holding::cancel);
            holding.releaseAll();
            assertThat(one.isReleased()).isTrue();
            assertThat(two.isReleased()).isTrue();
        }
    }

    @Test
    void needsAConcurrencyOfAtLeastOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.mergeBuffers(List.of(), 0))
                .withMessage("the concurrency must be at least 1, not 0");
    }

    @Test
    void canBeScanned() {
        BufferFlux all = merged(2, 2);
        assertThat(Scannable.from(all).scan(Scannable.Attr.PREFETCH)).isEqualTo(2);
        assertThat(all.getPrefetch()).isEqualTo(2);
        all.subscribe(subscriber);
        subscriber.request(1);
        emit(0, "a");
        emit(0, "b");
        Scannable merging = Scannable.from(subscriber.upstream());
        assertThat(merging.scan(Scannable.Attr.BUFFERED)).isEqualTo(1);
        subscriber.cancel();
        assertThat(merging.scan(Scannable.Attr.CANCELLED)).isTrue();
    }

    @Test
    void nothingAndWhatIsMadeWhenItIsWanted() {
        StepVerifier.create(BufferFlux.emptyBuffers()).verifyComplete();
        List<Integer> made = new ArrayList<>();
        BufferFlux deferred = BufferFlux.deferBuffers(() -> {
            made.add(made.size());
            return BufferFlux.from(buffers("abc"));
        });
        assertThat(made).isEmpty();
        for (int i = 1; i <= 2; i++) {
            assertThat(deferred.consume(PooledBuffer::length).blockLast()).isEqualTo(3);
            assertThat(made).hasSize(i);
        }
        StepVerifier.create(BufferFlux.deferBuffers(() -> {
                    throw new IllegalStateException("no source");
                }))
                .verifyErrorMessage("no source");
    }
}
