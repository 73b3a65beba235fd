package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** Reactor's operators on a sequence of buffers: the rows of {@code docs/reactor-operators.md}. */
final class ReactorOperators {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private ReactorOperators() {}

    /**
     * A row. The verdict is not written here, it is measured.
     *
     * @param names as the page shows them
     * @param pipeline the operator; null if only {@code directed} says what happens
     * @param careless a use of it that loses leases
     * @param directed what the operator does in a use that no pipeline can show
     * @param when in words, what is directed
     * @param advice what to mind, or what to use instead
     */
    record Row(
            String names,
            LossTrial.@Nullable Pipeline pipeline,
            LossTrial.@Nullable Pipeline careless,
            @Nullable Consumer<LossProbe> directed,
            String when,
            String advice) {

        @Override
        public String toString() {
            return names;
        }
    }

    private static Row row(String names, LossTrial.Pipeline pipeline, String advice) {
        return new Row(names, pipeline, null, null, "", advice);
    }

    private static Row row(String names, LossTrial.Pipeline pipeline, LossTrial.Pipeline careless, String advice) {
        return new Row(names, pipeline, careless, null, "", advice);
    }

    private static Row directed(String names, Consumer<LossProbe> directed, String when, String advice) {
        return new Row(names, null, null, directed, when, advice);
    }

    private static final String RELEASE_OR_CONSUME = "let the function not throw, or use `consume`";
    private static final String CONSUME_BEFORE = "`consume` before it, so that values reach it";

    /** Work on another thread, that releases the buffer when it is done. */
    private static Mono<Integer> work(PooledBuffer buffer, LossProbe probe) {
        return Mono.fromCallable(() -> probe.released(buffer, 1)).subscribeOn(probe.steps);
    }

    static final List<Row> ROWS = List.of(
            row("`map`", (f, p) -> f.map(p::checked), RELEASE_OR_CONSUME),
            row("`mapNotNull`", (f, p) -> f.mapNotNull(p::checked), RELEASE_OR_CONSUME),
            row("`handle`", (f, p) -> f.handle((b, s) -> s.next(p.checked(b))), RELEASE_OR_CONSUME),
            row("`doOnNext`", (f, p) -> f.doOnNext(p::checked), RELEASE_OR_CONSUME),
            row("`doOnEach`", (f, p) -> f.doOnEach(p::checked), RELEASE_OR_CONSUME),
            row(
                    "`doOnCancel`, `doFinally`, `log`, `checkpoint`, `name`, `tag`",
                    (f, p) -> f.doOnCancel(() -> {})
                            .doFinally(signal -> {})
                            .log("probe", Level.FINEST)
                            .checkpoint("here")
                            .name("probe")
                            .tag("of", "losses"),
                    ""),
            row(
                    "`contextWrite`, `hide`, `cast`, `transform`",
                    (f, p) -> f.contextWrite(context -> context)
                            .hide()
                            .cast(PooledBuffer.class)
                            .transform(Flux::from),
                    ""),
            row("`filter`", (f, p) -> f.filter(b -> p.checked(b.length() > 0 && b.hashCode() % 2 == 0)), ""),
            row("`ofType`", (f, p) -> f.ofType(String.class), ""),
            row("`filterWhen`", (f, p) -> f.filterWhen(b -> p.checked(Mono.just(true))), "`consumeMany`"),
            row("`take`", (f, p) -> f.take(3), "for bytes, `takeBytes`"),
            row("`takeUntil`", (f, p) -> f.takeUntil(b -> p.checked(true)), ""),
            row("`takeUntilOther`", (f, p) -> f.takeUntilOther(Flux.interval(SECOND, p.clock)), ""),
            row(
                    "`takeWhile`",
                    (f, p) -> f.takeWhile(b -> p.checked(false)),
                    "`takeUntil`: this drops the buffer that ends it"),
            row("`takeLast`", (f, p) -> f.takeLast(2), CONSUME_BEFORE),
            row("`skip`", (f, p) -> f.skip(3), "for bytes, `skipBytes`"),
            row("`skipWhile`", (f, p) -> f.skipWhile(b -> p.checked(true)), "let the predicate not throw"),
            row("`skipUntil`", (f, p) -> f.skipUntil(b -> p.checked(false)), "let the predicate not throw"),
            row("`skipUntilOther`", (f, p) -> f.skipUntilOther(Mono.never()), ""),
            row("`skipLast`", (f, p) -> f.skipLast(2), CONSUME_BEFORE),
            row(
                    "`distinct`, `distinctUntilChanged`",
                    (f, p) -> f.distinct(b -> p.checked(b.length())).distinctUntilChanged(b -> p.checked(1)),
                    "with a key that is not the buffer"),
            row("`next`, `elementAt`", (f, p) -> f.elementAt(2), ""),
            row("`single`", (f, p) -> f.single(), ""),
            row("`last`", (f, p) -> f.last(), ""),
            row(
                    "`index`, `timestamp`, `elapsed`, `timed`, `materialize`",
                    (f, p) -> f.index(),
                    (f, p) -> f.index().publishOn(Schedulers.immediate(), 4),
                    "nothing that queues after it: the hook does not see into a tuple"),
            row(
                    "`any`, `all`",
                    (f, p) -> f.all(b -> p.released(b, true)),
                    "release in the predicate, which must not throw"),
            row("`count`, `then`, `ignoreElements`, `hasElements`", (f, p) -> f.count(), ""),
            row(
                    "`scan`",
                    (f, p) -> f.scan(0, (sum, b) -> p.released(b, sum + 1)),
                    "release in the function, which must not throw"),
            row(
                    "`reduce`",
                    (f, p) -> f.reduce((a, b) -> {
                        p.released(a, 0);
                        return b;
                    }),
                    "release in the function"),
            row(
                    "`reduce` with a seed, `reduceWith`",
                    (f, p) -> f.reduce(0, (sum, b) -> p.released(b, sum + 1)),
                    "release in the function, which must not throw"),
            row(
                    "`collectList`, `collect`",
                    (f, p) -> f.collect(ArrayList::new, (all, b) -> all.add(p.checked(b))),
                    "holds all of them; for bytes, `join`"),
            row(
                    "`collectMap`, `collectMultimap`",
                    (f, p) -> f.collectMap(b -> p.checked(b.hashCode())),
                    CONSUME_BEFORE),
            row("`publishOn`", (f, p) -> f.publishOn(p.steps, 4), "`emitOn`"),
            row("`limitRate`", (f, p) -> f.limitRate(4), ""),
            row("`subscribeOn`, `cancelOn`", (f, p) -> f.subscribeOn(p.steps).cancelOn(p.steps), ""),
            row(
                    "`parallel().runOn`",
                    (f, p) -> f.parallel(2, 4).runOn(p.steps, 4).sequential(4),
                    "`consumeParallel`"),
            row(
                    "`flatMap`",
                    (f, p) -> f.flatMap(b -> p.checked(Flux.just(b)), 2, 2),
                    (f, p) -> f.flatMap(b -> work(b, p), 2, 2),
                    "for work that has the buffer, `consumeMany` or `consumeParallel`"),
            row("`flatMapIterable`", (f, p) -> f.flatMapIterable(b -> p.checked(List.of(b)), 2), ""),
            row(
                    "`flatMapSequential`",
                    (f, p) -> f.flatMapSequential(b -> work(b, p), 2, 2),
                    "`consumeManyOrdered` or `consumeParallelOrdered`"),
            row("`concatMap`", (f, p) -> f.concatMap(b -> p.checked(Flux.just(b)), 2), "`consumeMany(fn, 1)`"),
            row("`switchMap`", (f, p) -> f.switchMap(b -> work(b, p)), CONSUME_BEFORE),
            row("`switchOnFirst`", (f, p) -> f.switchOnFirst((signal, all) -> p.checked(all)), ""),
            row("`expand`", (f, p) -> f.expand(b -> p.checked(Mono.empty())), "no buffers beyond the first level"),
            row("`delayElements`", (f, p) -> f.delayElements(SECOND, p.clock), ""),
            row("`delaySubscription`", (f, p) -> f.delaySubscription(SECOND, p.clock), ""),
            row("`delayUntil`", (f, p) -> f.delayUntil(b -> p.checked(Mono.empty())), "let the function not throw"),
            row("`delaySequence`", (f, p) -> f.delaySequence(SECOND, p.clock), "`delaySubscription`"),
            row("`timeout`", (f, p) -> f.timeout(SECOND, p.clock), "`orTimeout`"),
            row("`buffer`", (f, p) -> f.buffer(3), "`rechunk`, or " + CONSUME_BEFORE),
            row("`bufferTimeout`", (f, p) -> f.bufferTimeout(3, SECOND, p.clock), CONSUME_BEFORE),
            row("`bufferUntil`", (f, p) -> f.bufferUntil(b -> p.checked(false)), "holds all of a list"),
            row(
                    "`bufferWhile`",
                    (f, p) -> f.bufferWhile(b -> p.checked(false)),
                    "`bufferUntil`: this drops the buffer that ends a list"),
            row("`window`", (f, p) -> f.window(3), CONSUME_BEFORE),
            row("`windowTimeout`", (f, p) -> f.windowTimeout(3, SECOND, p.clock), CONSUME_BEFORE),
            row("`windowUntil`, `windowWhile`", (f, p) -> f.windowUntil(b -> p.checked(false)), CONSUME_BEFORE),
            row(
                    "`windowWhen`",
                    (f, p) -> f.windowWhen(Flux.interval(SECOND, p.clock), i -> Mono.never()),
                    CONSUME_BEFORE),
            row("`groupBy`", (f, p) -> f.groupBy(b -> p.checked(b.length() % 2), 4), CONSUME_BEFORE),
            row(
                    "`zip`, `zipWith`",
                    (f, p) -> Flux.zip(f, Flux.range(0, 5), (b, i) -> p.checked(b)),
                    "name a prefetch: it asks for 256"),
            row(
                    "`zipWithIterable`",
                    (f, p) -> f.zipWithIterable(List.of(1, 2, 3), (b, i) -> p.checked(b)),
                    "let the function not throw"),
            row(
                    "`concat`, `concatWith`, `startWith`",
                    (f, p) -> Flux.concat(f, Flux.empty()),
                    "`concatBuffers` keeps the type"),
            row(
                    "`merge`, `mergeWith`",
                    (f, p) -> Flux.merge(f, Flux.never()),
                    "asks each source for 32; `mergeBuffers` for one"),
            row(
                    "`mergeSequential`",
                    (f, p) -> Flux.mergeSequential(
                            Mono.just(1).delayElement(SECOND, p.clock).thenMany(Flux.<PooledBuffer>empty()), f),
                    "`concatBuffers`"),
            row(
                    "`mergeComparing`",
                    (f, p) -> Flux.mergeComparing(Comparator.comparing(PooledBuffer::length), f, Flux.never()),
                    "`mergeBuffers`"),
            row(
                    "`firstWithSignal`, `firstWithValue`",
                    (f, p) -> Flux.firstWithSignal(f, Flux.<PooledBuffer>never()),
                    ""),
            row(
                    "`combineLatest`",
                    (f, p) -> Flux.combineLatest(f, Flux.just(1), (b, i) -> p.checked(b)),
                    CONSUME_BEFORE),
            row(
                    "`withLatestFrom`",
                    (f, p) -> f.withLatestFrom(Flux.just(1), (b, i) -> p.checked(b)),
                    (f, p) -> Flux.just(1).withLatestFrom(f, (i, b) -> b),
                    "buffers on its left only, and let the function not throw"),
            row(
                    "`join`, `groupJoin`",
                    (f, p) -> f.join(Flux.just(1), b -> Mono.never(), i -> Mono.never(), (b, i) -> p.checked(b)),
                    CONSUME_BEFORE),
            row("`sample`", (f, p) -> f.sample(Flux.interval(SECOND, p.clock)), CONSUME_BEFORE),
            row("`sampleFirst`", (f, p) -> f.sampleFirst(b -> p.checked(Mono.never())), ""),
            row("`sampleTimeout`", (f, p) -> f.sampleTimeout(b -> p.checked(Mono.never())), CONSUME_BEFORE),
            row(
                    "`onBackpressureBuffer`",
                    (f, p) -> f.onBackpressureBuffer(4),
                    "with a bound, and only where the source cannot wait"),
            row("`onBackpressureDrop`, `onBackpressureError`", (f, p) -> f.onBackpressureDrop(), ""),
            row("`onBackpressureLatest`", (f, p) -> f.onBackpressureLatest(), "`onBackpressureDrop`"),
            row("`cache`, `replay`", (f, p) -> f.cache(), "`cacheBytes`"),
            row("`publish`, `share`", (f, p) -> f.publish(4).refCount(), "`tee`"),
            row("`publish(fn)`", (f, p) -> f.publish(all -> all, 4), "`tee`"),
            row("`retry`", (f, p) -> f.retry(2), ""),
            row("`repeat`", (f, p) -> f.repeat(2), ""),
            row(
                    "`onErrorResume`, `onErrorComplete`, `onErrorMap`",
                    (f, p) -> f.onErrorResume(error -> Flux.empty()),
                    ""),
            row(
                    "`onErrorContinue`",
                    (f, p) -> f.map(p::checked).onErrorContinue((error, b) -> ((PooledBuffer) b).release()),
                    "release the buffer in its function"),
            row("`defaultIfEmpty`, `switchIfEmpty`", (f, p) -> f.switchIfEmpty(Flux.empty()), ""),
            row("`using`, `usingWhen`", (f, p) -> Flux.usingWhen(Mono.just(1), i -> f, i -> Mono.empty()), ""),
            row(
                    "`create`, `push`",
                    (f, p) -> Flux.create(sink -> sink.onDispose(f.subscribe(sink::next, sink::error, sink::complete))),
                    "queues without a bound"),
            row(
                    "`Sinks.many().unicast()`",
                    (f, p) -> intoSink(f, Sinks.many().unicast().onBackpressureBuffer()),
                    "release what `tryEmitNext` refuses"),
            row(
                    "`Sinks.many().multicast()`",
                    (f, p) -> intoSink(f, Sinks.many().multicast().onBackpressureBuffer(4)),
                    "`tee`"),
            row(
                    "`Sinks.many().replay()`",
                    (f, p) -> intoSink(f, Sinks.many().replay().all()),
                    "`cacheBytes`"),
            directed(
                    "`toIterable`, `toStream`",
                    ReactorOperators::leaveAnIterable,
                    "an iterator that is not used up",
                    CONSUME_BEFORE),
            directed(
                    "`toFuture`",
                    ReactorOperators::cancelAFuture,
                    "cancelled while a buffer comes",
                    "`BufferPool.request`, or `consume` before it"),
            directed(
                    "`block(timeout)`, `blockFirst(timeout)`",
                    ReactorOperators::blockTooShortly,
                    "a time is over while a buffer comes",
                    "`orTimeout` and `consume` before it"),
            directed(
                    "`subscribe(consumer)`",
                    ReactorOperators::throwInAConsumer,
                    "a consumer that throws",
                    "`consume` before it"));

    private static Flux<PooledBuffer> intoSink(BufferFlux source, Sinks.Many<PooledBuffer> sink) {
        return sink.asFlux()
                .doOnSubscribe(subscription -> source.subscribe(
                        buffer -> {
                            if (sink.tryEmitNext(buffer).isFailure()) {
                                buffer.release();
                            }
                        },
                        sink::tryEmitError,
                        sink::tryEmitComplete));
    }

    private static void leaveAnIterable(LossProbe probe) {
        Iterator<PooledBuffer> iterator = probe.read().toIterable(4).iterator();
        iterator.next().release();
    }

    private static void cancelAFuture(LossProbe probe) {
        CompletableFuture<PooledBuffer> future =
                BufferFlux.from(probe.rude).next().toFuture();
        future.cancel(false);
        probe.emit();
    }

    private static void blockTooShortly(LossProbe probe) {
        try {
            BufferFlux.from(probe.rude).next().block(Duration.ofMillis(1));
        } catch (IllegalStateException timeout) {
            probe.emit();
        }
    }

    private static void throwInAConsumer(LossProbe probe) {
        probe.read()
                .subscribe(
                        buffer -> {
                            throw new IllegalStateException("a consumer that throws");
                        },
                        error -> {});
    }
}
