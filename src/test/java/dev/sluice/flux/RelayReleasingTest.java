package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Operators of Reactor that want no element keep none, though nobody below them has set a discard hook. */
class RelayReleasingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final BufferPool pool =
            BufferPool.builder().name("test").maxBytes(1 << 20).build();

    @TempDir
    static Path directory;

    @AfterEach
    void nothingIsLeft() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (pool.stats().buffersInUse() != 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(pool.stats().buffersInUse()).isZero();
        pool.close();
    }

    private static Map<String, Function<BufferPool, BufferFlux>> fluxes() throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[100_000]);
        Function<BufferPool, BufferFlux> read = pool -> BufferFlux.read(file, pool, 10_000);
        Map<String, Function<BufferPool, BufferFlux>> all = new LinkedHashMap<>();
        all.put("read", read);
        all.put("from", pool -> BufferFlux.from(Flux.range(0, 10).map(i -> pool.acquire(1000))));
        all.put("from, filter", pool -> BufferFlux.from(read.apply(pool).filter(buffer -> true)));
        all.put("rechunk", pool -> read.apply(pool).rechunk(7000));
        all.put("takeBytes", pool -> read.apply(pool).takeBytes(50_000));
        all.put("emitOn", pool -> read.apply(pool).emitOn(Schedulers.parallel(), 2));
        all.put("orTimeout", pool -> read.apply(pool).orTimeout(PATIENCE));
        all.put("inFlight", pool -> read.apply(pool).inFlight(2));
        all.put("mergeBuffers", pool -> BufferFlux.mergeBuffers(List.of(read.apply(pool), read.apply(pool)), 2));
        all.put("concatBuffers", pool -> BufferFlux.concatBuffers(List.of(read.apply(pool), read.apply(pool))));
        all.put("tee", pool -> read.apply(pool).tee(1, TeePolicy.values()[0]));
        return all;
    }

    private static Map<String, Function<Flux<PooledBuffer>, Mono<?>>> dropping() {
        Map<String, Function<Flux<PooledBuffer>, Mono<?>>> all = new LinkedHashMap<>();
        all.put("then", Flux::then);
        all.put("then(Mono)", flux -> flux.then(Mono.just(1)));
        all.put("thenMany", flux -> flux.thenMany(Flux.just(1)).next());
        all.put("thenEmpty", flux -> flux.thenEmpty(Mono.empty()));
        all.put("ignoreElements", Flux::ignoreElements);
        all.put("Mono.ignoreElements", Mono::ignoreElements);
        all.put("count", Flux::count);
        all.put("hasElements", Flux::hasElements);
        all.put("when", flux -> Mono.when(flux));
        all.put("when with another", flux -> Mono.when(flux, Mono.empty()));
        all.put("drain", flux -> BufferFlux.from(flux).drain());
        return all;
    }

    /** What may stand between, and shows the buffers to nobody. */
    private static Map<String, UnaryOperator<Flux<PooledBuffer>>> passing() {
        Map<String, UnaryOperator<Flux<PooledBuffer>>> all = new LinkedHashMap<>();
        all.put("checkpoint", flux -> flux.checkpoint("here"));
        all.put("checkpoint with a stack trace", flux -> flux.checkpoint("here", true));
        all.put("name and tag", flux -> flux.name("name").tag("key", "value"));
        all.put("hide", Flux::hide);
        all.put("contextWrite", flux -> flux.contextWrite(context -> context.put("key", "value")));
        all.put("doFinally", flux -> flux.doFinally(signal -> {}));
        all.put("doFirst", flux -> flux.doFirst(() -> {}));
        all.put("subscribeOn", flux -> flux.subscribeOn(Schedulers.boundedElastic()));
        all.put("cancelOn", flux -> flux.cancelOn(Schedulers.parallel()));
        all.put("delaySubscription", flux -> flux.delaySubscription(Duration.ofMillis(1)));
        all.put("defaultIfEmpty", flux -> flux.switchIfEmpty(Flux.empty()));
        all.put("onErrorResume", flux -> flux.onErrorResume(error -> Flux.empty()));
        all.put("onErrorComplete", Flux::onErrorComplete);
        all.put("retry", flux -> flux.retry(3));
        all.put("repeat", flux -> flux.repeat(2));
        all.put("skip", flux -> flux.skip(2));
        all.put("take", flux -> flux.take(3));
        all.put(
                "several",
                flux -> flux.checkpoint("a")
                        .doFinally(signal -> {})
                        .onErrorComplete()
                        .hide());
        return all;
    }

    static Stream<Arguments> passingCases() {
        List<Arguments> cases = new ArrayList<>();
        for (String source : List.of("read", "from")) {
            passing()
                    .forEach((name, pass) -> dropping()
                            .forEach((operator, then) ->
                                    cases.add(Arguments.of(source + ", " + name, operator, source, pass, then))));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("passingCases")
    void norIfOthersStandBetweenThatShowItToNobody(
            String name,
            String operator,
            String source,
            UnaryOperator<Flux<PooledBuffer>> pass,
            Function<Flux<PooledBuffer>, Mono<?>> then)
            throws IOException {
        then.apply(pass.apply(fluxes().get(source).apply(pool))).block(PATIENCE);
    }

    /** Both put subscribers of their own before every operator. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("cases")
    void norWithReactorsHooks(
            String name,
            String operator,
            Function<BufferPool, BufferFlux> flux,
            Function<Flux<PooledBuffer>, Mono<?>> then) {
        try {
            Hooks.onOperatorDebug();
            Hooks.enableAutomaticContextPropagation();
            then.apply(flux.apply(pool)).block(PATIENCE);
        } finally {
            Hooks.disableAutomaticContextPropagation();
            Hooks.resetOnOperatorDebug();
        }
    }

    /** A function that sees a buffer may have taken it over. */
    @Test
    void whatAFunctionHasTakenOverIsLeftToIt() throws IOException {
        List<PooledBuffer> taken = new ArrayList<>();
        fluxes().get("read").apply(pool).doOnNext(taken::add).then().block(PATIENCE);
        assertThat(taken).hasSize(10).noneMatch(PooledBuffer::isReleased);
        taken.forEach(PooledBuffer::release);
    }

    static Stream<Arguments> cases() throws IOException {
        List<Arguments> cases = new ArrayList<>();
        fluxes().forEach((name, flux) ->
                dropping().forEach((operator, then) -> cases.add(Arguments.of(name, operator, flux, then))));
        return cases.stream();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("cases")
    void nothingStaysInUse(
            String name,
            String operator,
            Function<BufferPool, BufferFlux> flux,
            Function<Flux<PooledBuffer>, Mono<?>> then) {
        then.apply(flux.apply(pool)).block(PATIENCE);
    }
}
