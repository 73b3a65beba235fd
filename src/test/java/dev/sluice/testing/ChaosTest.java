package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Signal;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class ChaosTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Chaos CALM = Chaos.seed(1).cancel(0).error(0).delay(0, Duration.ofMillis(1));

    private final BufferPool pool = BufferPool.builder()
            .direct(false)
            .maxBytes(1 << 20)
            .leakDetection(LeakDetection.EVERY)
            .clock(VirtualPoolClock.create())
            .build();

    @AfterEach
    void atRest() {
        PoolVerifier.that(pool).isAtRest(LIMIT).hasLost(0);
        pool.close();
    }

    private Flux<PooledBuffer> buffers(int count) {
        return Flux.range(0, count).map(i -> pool.acquire(64));
    }

    /** What a sequence that asks for one at a time sees, and what the source is told. */
    private static List<String> courseOf(Chaos chaos, int elements) {
        List<String> course = new ArrayList<>();
        Flux.range(0, elements)
                .doOnCancel(() -> course.add("cancelled"))
                .transform(chaos::apply)
                .limitRate(1)
                .materialize()
                .map(ChaosTest::text)
                .doOnNext(course::add)
                .blockLast(LIMIT);
        return course;
    }

    private static String text(Signal<Integer> signal) {
        return signal.isOnError() ? "" + signal.getThrowable() : signal.isOnNext() ? "" + signal.get() : "complete";
    }

    @Test
    void theSameSeedGivesTheSameCourse() {
        List<List<String>> courses = IntStream.range(0, 50)
                .mapToObj(seed -> courseOf(Chaos.seed(seed), 100))
                .toList();
        assertThat(IntStream.range(0, 50).mapToObj(seed -> courseOf(Chaos.seed(seed), 100)))
                .isEqualTo(courses);
        assertThat(courses.stream().distinct().count()).isGreaterThan(20);
    }

    @Test
    void eachKindOfEndComesAboutAndIsTold() {
        AtomicInteger completed = new AtomicInteger();
        AtomicInteger cut = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        for (int seed = 0; seed < 200; seed++) {
            List<String> course = courseOf(Chaos.seed(seed), 30);
            String last = course.get(course.size() - 1);
            boolean cancelled = course.contains("cancelled");
            if (last.equals("complete")) {
                (cancelled ? cut : completed).incrementAndGet();
                assertThat(course).hasSizeLessThanOrEqualTo(32);
            } else {
                assertThat(last)
                        .matches(
                                "dev.sluice.testing.ChaosException: chaos of seed " + seed
                                        + ": error (before signal|after signal|instead of the end, signal|at request) \\d+ of subscription 1");
                failed.incrementAndGet();
            }
        }
        assertThat(completed).hasPositiveValue();
        assertThat(cut).hasPositiveValue();
        assertThat(failed).hasPositiveValue();
    }

    @Test
    void withoutOddsNothingHappens() {
        StepVerifier.create(CALM.apply(Flux.range(0, 1_000)), 0)
                .thenRequest(10)
                .expectNextCount(10)
                .thenRequest(Long.MAX_VALUE)
                .expectNextCount(990)
                .verifyComplete();
        StepVerifier.create(CALM.apply(Flux.error(new IllegalStateException("own"))))
                .verifyErrorMessage("own");
    }

    @Test
    void everySubscriptionAndEveryCallHasItsOwnCourse() {
        Chaos chaos = Chaos.seed(7).cancel(0.2).error(0).delay(0, Duration.ofMillis(1));
        Flux<Long> lengths = chaos.apply(Flux.range(0, 1_000)).count().flux();
        List<Long> ofSubscriptions = lengths.repeat(20).collectList().block(LIMIT);
        assertThat(ofSubscriptions.stream().distinct().count()).isGreaterThan(5);
        List<Long> ofCalls = IntStream.range(0, 20)
                .mapToObj(i -> chaos.apply(Flux.range(0, 1_000)).count().block(LIMIT))
                .toList();
        assertThat(ofCalls.stream().distinct().count()).isGreaterThan(5);
    }

    @Test
    void aDelayPutsOffWhatFollowsAndKeepsTheOrder() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        try {
            List<Integer> seen = new ArrayList<>();
            Chaos delaying = Chaos.seed(3)
                    .cancel(0)
                    .error(0)
                    .delay(1, Duration.ofSeconds(1))
                    .on(time);
            AtomicReference<SignalType> end = new AtomicReference<>();
            delaying.apply(Flux.range(0, 5)).doFinally(end::set).subscribe(seen::add);
            assertThat(seen).isEmpty();
            time.advanceTimeBy(Duration.ofSeconds(1));
            assertThat(seen).isNotEmpty();
            time.advanceTimeBy(Duration.ofSeconds(5));
            assertThat(seen).containsExactly(0, 1, 2, 3, 4);
            assertThat(end).hasValue(SignalType.ON_COMPLETE);
        } finally {
            time.dispose();
        }
    }

    @Test
    void whatIsDelayedIsReleasedByACancellation() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        try {
            Chaos delaying = Chaos.seed(3)
                    .cancel(0)
                    .error(0)
                    .delay(1, Duration.ofSeconds(1))
                    .on(time);
            StepVerifier.create(delaying.apply(buffers(5)))
                    .then(() -> PoolVerifier.that(pool).hasInFlight(5))
                    .thenCancel()
                    .verify(LIMIT);
            PoolVerifier.that(pool).hasInFlight(0);
            time.advanceTimeBy(Duration.ofSeconds(2));
        } finally {
            time.dispose();
        }
    }

    @Test
    void aSchedulerThatIsDisposedDelaysNothing() {
        Scheduler disposed = Schedulers.newSingle("disposed");
        disposed.dispose();
        Chaos delaying =
                Chaos.seed(3).cancel(0).error(0).delay(1, Duration.ofSeconds(1)).on(disposed);
        StepVerifier.create(delaying.apply(Flux.range(0, 3)))
                .expectNext(0, 1, 2)
                .verifyComplete();
    }

    @Test
    void whatComesAfterTheEndIsReleased() {
        Chaos failing = Chaos.seed(5).error(1).cancel(0).delay(0, Duration.ofMillis(1));
        AtomicReference<Subscriber<? super PooledBuffer>> above = new AtomicReference<>();
        Flux<PooledBuffer> rude = Flux.from(subscriber -> {
            above.set(subscriber);
            subscriber.onSubscribe(Operators.emptySubscription());
        });
        StepVerifier.create(failing.apply(rude))
                .verifyErrorSatisfies(
                        error -> assertThat(((ChaosException) error).seed()).isEqualTo(5));
        PooledBuffer late = pool.acquire(64);
        above.get().onNext(late);
        assertThat(late.isReleased()).isTrue();
    }

    /** Honest pipelines survive it, over many seeds, on real threads. */
    @Test
    void honestPipelinesLeakNothing() {
        Chaos.seed(2026)
                .cancel(0.02)
                .error(0.02)
                .delay(0.05, Duration.ofNanos(50_000))
                .rounds(300, chaos -> {
                    try {
                        BufferFlux chunks =
                                BufferFlux.from(chaos.apply(buffers(40))).rechunk(100);
                        BufferFlux.from(chaos.apply(chunks))
                                .consume(PooledBuffer::length)
                                .blockLast(LIMIT);
                    } catch (ChaosException e) {
                        assertThat(e).hasMessageContaining("of seed " + chaos.seed());
                    }
                    PoolVerifier.that(pool).isAtRest(LIMIT);
                });
    }

    /** {@code map} that throws loses its element: some seed finds that, and its number is in the message. */
    @Test
    void theFailureNamesTheSeedThatBringsItAgain() {
        List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try {
                Chaos.seed(1).rounds(1_000, ChaosTest::losesAtTheTenthElement);
            } catch (AssertionError e) {
                failures.add(e);
            }
        }
        assertThat(failures).hasSize(2);
        assertThat(failures.get(0))
                .hasMessageMatching("round \\d+ of 1,000 failed; Chaos.seed\\(-?\\d+L\\) begins with it: .*: ten")
                .hasMessage(failures.get(1).getMessage())
                .hasCauseInstanceOf(IllegalStateException.class);
        long seed = Long.parseLong(failures.get(0).getMessage().replaceAll(".*seed\\((-?\\d+)L\\).*", "$1"));
        assertThatThrownBy(() -> Chaos.seed(seed).rounds(1, ChaosTest::losesAtTheTenthElement))
                .hasMessageContaining("round 1 of 1 failed; Chaos.seed(" + seed + "L)");
    }

    private static void losesAtTheTenthElement(Chaos chaos) {
        Long passed = Flux.range(0, 30)
                .transform(chaos::apply)
                .onErrorComplete()
                .count()
                .block(LIMIT);
        if (passed == 10) {
            throw new IllegalStateException("ten");
        }
    }

    @Test
    void refusesWhatIsNoProbability() {
        assertThatThrownBy(() -> CALM.cancel(1.5)).hasMessage("the probability of cancel must be from 0 to 1, not 1.5");
        assertThatThrownBy(() -> CALM.error(Double.NaN)).hasMessageContaining("not NaN");
        assertThatThrownBy(() -> CALM.cancel(0.6).error(0.6).apply(Flux.empty()))
                .hasMessage("the probabilities of cancel 0.6, error 0.6 and delay 0.0 are more than 1 together");
        assertThatThrownBy(() -> CALM.delay(0.5, Duration.ZERO))
                .hasMessage("the longest delay must be above 0, not PT0S");
        assertThatThrownBy(() -> CALM.rounds(0, chaos -> {})).hasMessage("there must be at least 1 round, not 0");
        assertThat(CALM).hasToString("Chaos.seed(1L)");
    }
}
