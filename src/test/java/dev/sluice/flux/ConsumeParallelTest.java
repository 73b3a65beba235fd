package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** A function works on several buffers at a time, and each goes back when its work has ended. */
class ConsumeParallelTest extends FluxTest {

    /** Both forms. */
    enum Form {
        UNORDERED {
            @Override
            <T> Flux<T> of(BufferFlux flux, Function<PooledBuffer, T> fn, int parallelism, Scheduler scheduler) {
                return flux.consumeParallel(fn, parallelism, scheduler);
            }
        },
        ORDERED {
            @Override
            <T> Flux<T> of(BufferFlux flux, Function<PooledBuffer, T> fn, int parallelism, Scheduler scheduler) {
                return flux.consumeParallelOrdered(fn, parallelism, scheduler);
            }
        };

        abstract <T> Flux<T> of(BufferFlux flux, Function<PooledBuffer, T> fn, int parallelism, Scheduler scheduler);
    }

    /** Tasks run when the test says so. */
    private final Steps tasks = new Steps();

    private final Scheduler steps = tasks.scheduler();

    @AfterEach
    void resetHooks() {
        Hooks.resetOnErrorDropped();
    }

    @ParameterizedTest
    @EnumSource
    void seesEveryBuffer(Form form) throws IOException {
        AtomicInteger most = new AtomicInteger();
        Integer sum = form.of(
                        BufferFlux.read(file(300_000), pool, 1000),
                        buffer -> {
                            most.accumulateAndGet((int) pool.stats().buffersInUse(), Math::max);
                            return buffer.length();
                        },
                        3,
                        Schedulers.parallel())
                .reduce(0, Integer::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(300_000);
        assertThat(most).hasValueLessThanOrEqualTo(3);
    }

    @Test
    void orderedKeepsTheOrder() {
        List<Integer> lengths = BufferFlux.from(Flux.range(1, 500).map(i -> buffer("x".repeat(i))))
                .consumeParallelOrdered(PooledBuffer::length, 4, Schedulers.parallel())
                .collectList()
                .block(LIMIT);
        assertThat(lengths).isEqualTo(IntStream.rangeClosed(1, 500).boxed().toList());
    }

    @Test
    void unorderedDoesNotWaitForTheFirst() throws InterruptedException {
        CountDownLatch second = new CountDownLatch(1);
        List<String> texts = BufferFlux.from(buffers("1", "2"))
                .consumeParallel(
                        buffer -> {
                            String text = buffer.toString(java.nio.charset.StandardCharsets.UTF_8);
                            if (text.equals("1")) {
                                awaitUninterrupted(second);
                            }
                            return text;
                        },
                        2,
                        Schedulers.boundedElastic())
                .doOnNext(text -> second.countDown())
                .collectList()
                .block(LIMIT);
        assertThat(texts).containsExactly("2", "1");
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestsAsManyAsItWorksOn(Form form) {
        RudeSource source = new RudeSource();
        AnySubscriber subscriber = new AnySubscriber();
        form.of(BufferFlux.from(source), PooledBuffer::length, 2, steps).subscribe(subscriber);
        subscriber.request(10);
        assertThat(source.requested).hasValue(2);
        source.subscriber.onNext(buffer("1"));
        source.subscriber.onNext(buffer("2"));
        assertThat(source.requested).hasValue(2);
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        tasks.runAll();
        assertThat(subscriber.received).hasValue(2);
        assertThat(source.requested).hasValue(4);
        assertThat(pool.stats().buffersInUse()).isZero();
        subscriber.cancel();
    }

    @ParameterizedTest
    @EnumSource
    void aNullResultEmitsNothing(Form form) {
        StepVerifier.create(form.of(
                        BufferFlux.from(buffers("1", "22", "3")),
                        buffer -> buffer.length() == 1 ? null : buffer.length(),
                        2,
                        Schedulers.parallel()))
                .expectNext(2)
                .verifyComplete();
    }

    @ParameterizedTest
    @EnumSource
    void cancelledBeforeTheTaskRan(Form form) {
        AtomicInteger calls = new AtomicInteger();
        AnySubscriber subscriber = new AnySubscriber();
        form.of(BufferFlux.from(buffers("1", "2", "3")), buffer -> calls.incrementAndGet(), 2, steps)
                .subscribe(subscriber);
        subscriber.request(10);
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        subscriber.cancel();
        assertThat(pool.stats().buffersInUse()).isZero();
        tasks.runAll();
        assertThat(calls).hasValue(0);
    }

    /** The function keeps its memory, and its result is discarded. */
    @ParameterizedTest
    @EnumSource
    void cancelledWhileTheTaskRuns(Form form) {
        AtomicReference<Disposable> running = new AtomicReference<>();
        List<Object> discarded = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        Function<PooledBuffer, String> fn = buffer -> {
            running.get().dispose();
            assertThat(pool.stats().buffersInUse())
                    .as("all but this are released")
                    .isEqualTo(1);
            buffer("overwrites what is free").release();
            seen.add(buffer.toString(java.nio.charset.StandardCharsets.UTF_8));
            return "result";
        };
        running.set(form.of(BufferFlux.from(buffers("1", "2", "3")), fn, 2, steps)
                .doOnDiscard(String.class, discarded::add)
                .subscribe(result -> {
                    throw new AssertionError(result);
                }));
        tasks.runAll();
        assertThat(seen).containsExactly("1");
        assertThat(discarded).containsExactly("result");
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void whatATaskThrowsAfterACancellationIsDropped(Form form) {
        AtomicReference<Throwable> dropped = new AtomicReference<>();
        Hooks.onErrorDropped(dropped::set);
        AtomicReference<Disposable> running = new AtomicReference<>();
        running.set(form.of(
                        BufferFlux.from(buffers("1")),
                        buffer -> {
                            running.get().dispose();
                            throw new IllegalStateException("too late");
                        },
                        2,
                        steps)
                .subscribe());
        tasks.runAll();
        assertThat(dropped.get()).hasMessage("too late");
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aFunctionThatThrowsEndsAllAndReleases(Form form) {
        RudeSource source = new RudeSource();
        AnySubscriber subscriber = new AnySubscriber();
        AtomicInteger calls = new AtomicInteger();
        form.of(
                        BufferFlux.from(source),
                        buffer -> {
                            calls.incrementAndGet();
                            throw new IllegalStateException("no");
                        },
                        3,
                        steps)
                .subscribe(subscriber);
        subscriber.request(10);
        for (String text : List.of("1", "2", "3")) {
            source.subscriber.onNext(buffer(text));
        }
        tasks.runAll();
        assertThat(subscriber.error).hasMessage("no");
        assertThat(calls).hasValue(1);
        assertThat(source.cancelled).isTrue();
        assertThat(pool.stats().buffersInUse()).isZero();
        source.subscriber.onNext(buffer("late"));
    }

    @ParameterizedTest
    @EnumSource
    void aSchedulerThatRefuses(Form form) {
        Scheduler gone = Schedulers.newSingle("gone");
        gone.dispose();
        StepVerifier.create(form.of(BufferFlux.from(buffers("1", "2")), PooledBuffer::length, 2, gone))
                .verifyError(RejectedExecutionException.class);
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void refusesNoParallelism(Form form) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> form.of(BufferFlux.from(buffers("1")), PooledBuffer::length, 0, steps));
    }

    @Test
    void aTaskCanBeScanned() {
        AtomicReference<Scannable> task = new AtomicReference<>();
        AnySubscriber subscriber = new AnySubscriber();
        try (PooledBuffer buffer = buffer("1")) {
            ConsumeParallelTask.<Integer>of(PooledBuffer::length, steps)
                    .apply(buffer)
                    .doOnSubscribe(subscription -> task.set(Scannable.from(subscription)))
                    .subscribe(subscriber);
        }
        assertThat(task.get().scan(Scannable.Attr.TERMINATED)).isFalse();
        assertThat(task.get().scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.ASYNC);
        tasks.runAll();
        assertThat(task.get().scan(Scannable.Attr.TERMINATED)).isTrue();
        assertThat(task.get().scan(Scannable.Attr.CANCELLED)).isFalse();
    }
}
