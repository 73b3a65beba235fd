package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.RefusingScheduler;
import dev.sluice.testing.RefusingScheduler.Refusal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A scheduler refuses the n-th task, for every n, in every way, over every source, operator and sink that hands anything
 * over: one signal, nothing in flight, no open and no temporary file.
 */
class HandoffTest extends FluxTest {

    private static final int CHUNK = 100;
    private static final int MOST_CALLS = 100;

    /** What runs on a scheduler. */
    private interface Pipeline {
        Publisher<?> on(Scheduler scheduler, HandoffTest test) throws IOException;
    }

    private record Case(String name, Pipeline pipeline) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<Case> CASES = List.of(
            new Case("read", (on, test) -> test.read(on, ByteSources.file(test.file(500)))),
            new Case("range", (on, test) -> test.read(on, ByteSources.range(test.file(500), 50, 300))),
            new Case(
                    "follow",
                    (on, test) -> test.read(on, ByteSources.follow(test.file(500), Duration.ofMillis(1)))
                            .takeBytes(500)),
            new Case(
                    "stream",
                    (on, test) -> test.read(on, ByteSources.stream(() -> new ByteArrayInputStream(content(500))))),
            new Case(
                    "channel",
                    (on, test) -> test.read(
                            on,
                            ByteSources.channel(() -> Channels.newChannel(new ByteArrayInputStream(content(500)))))),
            new Case(
                    "read, gzip",
                    (on, test) ->
                            test.read(on, ByteSources.file(test.file(500))).gzip()),
            new Case("read that waits", (on, test) -> test.waiting(on)),
            new Case("gzip that waits", (on, test) -> test.waiting(on).gzip()),
            new Case("writeTo", (on, test) -> test.slow().writeTo(test.out().on(on))),
            new Case(
                    "read, writeTo",
                    (on, test) -> test.read().writeTo(test.out().on(on))),
            new Case(
                    "append",
                    (on, test) ->
                            test.slow().writeTo(test.out(WriteOption.APPEND).on(on))),
            new Case(
                    "writeTo a stream",
                    (on, test) -> test.slow()
                            .writeTo(ByteSinks.stream(OutputStream.nullOutputStream())
                                    .on(on))),
            new Case(
                    "writeTo a channel",
                    (on, test) -> test.read()
                            .writeTo(ByteSinks.channel(Channels.newChannel(OutputStream.nullOutputStream()))
                                    .on(on))),
            new Case("consumeParallel", (on, test) -> test.slow().consumeParallel(PooledBuffer::length, 4, on)),
            new Case("read, consumeParallel", (on, test) -> test.read().consumeParallel(PooledBuffer::length, 4, on)),
            new Case(
                    "consumeParallelOrdered",
                    (on, test) -> test.read().consumeParallelOrdered(PooledBuffer::length, 4, on)),
            new Case("orTimeout", (on, test) -> test.slow().orTimeout(Duration.ofSeconds(20), on)),
            new Case(
                    "read, orTimeout, writeTo",
                    (on, test) ->
                            test.read().orTimeout(Duration.ofSeconds(20), on).writeTo(test.out())),
            new Case("emitOn", (on, test) -> test.slow().emitOn(on, 2)),
            new Case("read, emitOn", (on, test) -> test.read().emitOn(on, 2)),
            new Case(
                    "progress",
                    (on, test) -> test.read()
                            .progress(
                                    ProgressSchedule.every(Duration.ofNanos(1000))
                                            .on(on),
                                    progress -> {})),
            new Case("cacheBytes", (on, test) -> test.read().cacheBytes(1 << 20, Duration.ofMillis(1), on)));

    private BufferPool narrow;

    /** An error that comes after the end is dropped, as Reactor does it. */
    @BeforeEach
    void dropErrors() {
        Hooks.onErrorDropped(error -> {});
        narrow = BufferPool.builder().maxBytes(1024).build();
    }

    @AfterEach
    void nothingIsLeftOfTheNarrowPool() {
        Hooks.resetOnErrorDropped();
        eventually(() -> narrow.stats().buffersInUse() == 0 && narrow.stats().pending() == 0, narrow::stats);
        narrow.close();
    }

    static Stream<Arguments> casesAndRefusals() {
        return CASES.stream().flatMap(each -> Stream.of(Refusal.values()).map(refusal -> Arguments.of(each, refusal)));
    }

    @ParameterizedTest
    @MethodSource("casesAndRefusals")
    void oneSignalAndNothingInFlight(Case each, Refusal refusal) throws IOException {
        int n = 0;
        RefusingScheduler scheduler;
        do {
            scheduler = RefusingScheduler.of(Schedulers.boundedElastic(), ++n, refusal);
            Ending subscriber = new Ending();
            Flux.from(each.pipeline.on(scheduler, this)).subscribe((CoreSubscriber<Object>) subscriber);
            String what = each + ", " + refusal + ", task " + n;
            eventually(() -> subscriber.ends.get() > 0, () -> what + " has not ended");
            nothingInFlight();
            assertThat(subscriber.ends).as(what).hasValue(1);
        } while (scheduler.hasRefused() && n < MOST_CALLS);
        assertThat(n).as("tasks of " + each).isBetween(2, MOST_CALLS);
    }

    /** The task that ends the sequence is the one that is refused. */
    @ParameterizedTest
    @MethodSource("casesAndRefusals")
    void cancelNeverThrows(Case each, Refusal refusal) throws IOException {
        for (int n = 1; n < 4; n++) {
            RefusingScheduler scheduler = RefusingScheduler.of(Schedulers.boundedElastic(), n, refusal);
            Ending subscriber = new Ending();
            subscriber.demand = 1;
            Flux.from(each.pipeline.on(scheduler, this)).subscribe((CoreSubscriber<Object>) subscriber);
            eventually(() -> subscriber.subscription != null);
            assertThatCode(subscriber.subscription::cancel)
                    .as("%s, task %d", each, n)
                    .doesNotThrowAnyException();
            nothingInFlight();
        }
    }

    private ByteSink.Opener out(WriteOption... options) {
        return ByteSinks.file(dir.resolve("out"), options);
    }

    private BufferFlux read(Scheduler on, ByteSource.Opener source) {
        return BufferFlux.read(source.chunkSize(CHUNK).on(on), pool);
    }

    private BufferFlux read() throws IOException {
        return BufferFlux.read(file(500), pool, CHUNK);
    }

    /** What comes from this thread and, later, from another. */
    private BufferFlux slow() {
        return BufferFlux.from(Flux.concat(
                buffers("a", "b"), Mono.delay(Duration.ofMillis(5)).map(tick -> buffer("c")), buffers("d")));
    }

    /** A source whose pool is full when it begins. */
    private BufferFlux waiting(Scheduler on) throws IOException {
        Path path = Files.write(dir.resolve("waiting"), content(500));
        return BufferFlux.from(Flux.using(
                () -> narrow.acquire(1024),
                held -> {
                    Schedulers.parallel().schedule(held::release, 2, java.util.concurrent.TimeUnit.MILLISECONDS);
                    return BufferFlux.read(
                            ByteSources.file(path).chunkSize(CHUNK).on(on), narrow);
                },
                PooledBuffer::release));
    }

    /** Releases what comes, and counts the ends. */
    private static final class Ending implements CoreSubscriber<Object> {

        final AtomicInteger ends = new AtomicInteger();
        long demand = Long.MAX_VALUE;
        volatile Subscription subscription;

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            given.request(demand);
        }

        @Override
        public void onNext(Object result) {
            if (result instanceof PooledBuffer buffer) {
                buffer.release();
            }
        }

        @Override
        public void onError(Throwable error) {
            ends.incrementAndGet();
        }

        @Override
        public void onComplete() {
            ends.incrementAndGet();
        }
    }
}
