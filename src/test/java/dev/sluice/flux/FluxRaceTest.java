package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.test.util.RaceTestUtils;

/**
 * Cancellation against everything that can happen, over every source and operator in {@link Raced}, with subscribers of
 * all kinds, publishers that break the rules, and pools that are exhausted or closed meanwhile. Whoever wins: no lease is
 * lost, none is released while its holder has it, and no content changes in its holder's hands.
 */
class FluxRaceTest extends FluxTest {

    /** In the default build, over all combinations. */
    private static final int ROUNDS = 20_000;

    private static final int LONG_ROUNDS = 1_000_000;
    private static final int INPUT_BYTES = 70;

    /** What races with the cancellation. */
    enum Against {
        ON_NEXT,
        ON_COMPLETE,
        ON_ERROR,
        OVERFLOW,
        REQUEST,
        GRANT,
        CLOSE
    }

    private static final int OPERATOR_SHARE = Against.values().length * RacedSubscriber.Kind.values().length;
    private static final int COMBINATIONS =
            OPERATOR_SHARE * Raced.OPERATORS.size() + OPERATOR_SHARE * Raced.SOURCES.size();
    private static final int ROUNDS_OF_EACH = ROUNDS / COMBINATIONS + 1;

    private BufferPool narrow;
    private Path file;

    /** An error that comes after a cancellation is dropped, as Reactor does it. */
    @BeforeEach
    void prepare() throws IOException {
        Hooks.onErrorDropped(error -> {});
        narrow = narrowPool();
        file = Files.write(dir.resolve("source"), new byte[Raced.FILE_BYTES]);
    }

    @AfterEach
    void cleanUp() {
        narrow.close();
        Hooks.resetOnErrorDropped();
    }

    private static BufferPool narrowPool() {
        return BufferPool.builder().maxBytes(2048).build();
    }

    static Stream<Raced.Operator> operators() {
        return Raced.OPERATORS.stream();
    }

    static Stream<Raced.Source> sources() {
        return Raced.SOURCES.stream();
    }

    @ParameterizedTest
    @MethodSource("operators")
    void anOperator(Raced.Operator operator) {
        for (RacedSubscriber.Kind kind : RacedSubscriber.Kind.values()) {
            for (Against against : Against.values()) {
                for (int i = 0; i < ROUNDS_OF_EACH; i++) {
                    race(operator, kind, against, i);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void aSource(Raced.Source source) throws IOException {
        for (RacedSubscriber.Kind kind : RacedSubscriber.Kind.values()) {
            for (Against against : Against.values()) {
                for (int i = 0; i < ROUNDS_OF_EACH; i++) {
                    race(source, kind, against, i);
                }
            }
        }
    }

    @Test
    @Tag("long")
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void anythingByChance() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < LONG_ROUNDS; i++) {
            RacedSubscriber.Kind kind = any(random, List.of(RacedSubscriber.Kind.values()));
            Against against = any(random, List.of(Against.values()));
            if (random.nextInt(8) == 0) {
                race(any(random, Raced.SOURCES), kind, against, i);
            } else {
                race(any(random, Raced.OPERATORS), kind, against, i);
            }
        }
    }

    /** The broken twin: an operator that releases what its subscriber holds. */
    @Test
    void anEarlyReleaseIsFound() {
        Raced.Operator broken = new Raced.Operator(
                "releases what it has passed on",
                (flux, round) -> flux.doOnNext(buffer -> round.ending(buffer::release)));
        assertThatThrownBy(() -> race(broken, RacedSubscriber.Kind.PLAIN, Against.ON_NEXT, 0))
                .hasMessageContaining("releases what it has passed on, PLAIN, ON_NEXT");
    }

    /** The broken twin: an operator that writes to what its subscriber holds. */
    @Test
    void anotherHandIsFound() {
        Raced.Operator broken = new Raced.Operator(
                "writes to what it has passed on",
                (flux, round) -> flux.doOnNext(buffer -> round.ending(() -> Raced.fill(buffer, (byte) 0))));
        assertThatThrownBy(() -> race(broken, RacedSubscriber.Kind.PLAIN, Against.ON_NEXT, 0))
                .hasMessageContaining("writes to what it has passed on, PLAIN, ON_NEXT");
    }

    private static <T> T any(Random random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    /** One round of an operator, whose source does what the test says, whatever was requested or cancelled. */
    private void race(Raced.Operator operator, RacedSubscriber.Kind kind, Against against, int number) {
        BufferPool used = poolFor(against);
        Raced.Round round = new Raced.Round(used, dir, number);
        RudeSource source = new RudeSource();
        RacedSubscriber subscriber = kind.of(round);
        BufferFlux from = against == Against.REQUEST ? polite(round) : BufferFlux.from(source);
        List<PooledBuffer> input = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            input.add(input(round));
        }
        Flux.<Object>from(operator.operator().over(from, round)).subscribe(subscriber);
        if (against != Against.REQUEST) {
            subscriber.request(1 + number % 3);
        }
        switch (against) {
            case ON_NEXT -> RaceTestUtils.race(() -> source.subscriber.onNext(input.get(0)), subscriber::cancel);
            case ON_COMPLETE -> {
                source.subscriber.onNext(input.get(0));
                RaceTestUtils.race(() -> source.subscriber.onComplete(), subscriber::cancel);
            }
            case ON_ERROR -> {
                source.subscriber.onNext(input.get(0));
                RaceTestUtils.race(() -> source.subscriber.onError(new IOException("gone")), subscriber::cancel);
            }
            case OVERFLOW ->
                RaceTestUtils.race(
                        () -> {
                            source.subscriber.onNext(input.get(0));
                            source.subscriber.onNext(input.get(1));
                            source.subscriber.onNext(input.get(2));
                        },
                        subscriber::cancel);
            case REQUEST -> RaceTestUtils.race(() -> subscriber.request(3), subscriber::cancel);
            case GRANT -> {
                List<PooledBuffer> taken = takeAll(used);
                RaceTestUtils.race(
                        () -> source.subscriber.onNext(input.get(0)),
                        subscriber::cancel,
                        () -> taken.forEach(PooledBuffer::release));
            }
            case CLOSE -> {
                List<PooledBuffer> taken = takeAll(used);
                RaceTestUtils.race(() -> source.subscriber.onNext(input.get(0)), subscriber::cancel, used::close);
                taken.forEach(PooledBuffer::release);
            }
        }
        if (against == Against.REQUEST) {
            input.get(3).release();
        } else {
            source.subscriber.onNext(input.get(3)); // too late for anyone
        }
        discardUnused(input, against);
        end(subscriber, operator + ", " + kind + ", " + against);
    }

    /** Those that the source has not emitted are the test's still. */
    private static void discardUnused(List<PooledBuffer> input, Against against) {
        int emitted = against == Against.OVERFLOW ? 3 : against == Against.REQUEST ? 0 : 1;
        input.subList(emitted, 3).forEach(PooledBuffer::release);
    }

    private void race(Raced.Source source, RacedSubscriber.Kind kind, Against against, int number) throws IOException {
        BufferPool used = poolFor(against);
        Raced.Round round = new Raced.Round(used, dir, number);
        Files.write(file, round.content());
        RacedSubscriber subscriber = kind.of(round);
        List<PooledBuffer> taken = against == Against.GRANT || against == Against.CLOSE ? takeAll(used) : List.of();
        Flux.<Object>from(source.source().of(file, round)).subscribe(subscriber);
        int some = number % 4;
        switch (against) {
            case REQUEST, ON_ERROR -> RaceTestUtils.race(() -> subscriber.request(3), subscriber::cancel);
            case ON_NEXT, ON_COMPLETE, OVERFLOW ->
                RaceTestUtils.race(() -> subscriber.request(Long.MAX_VALUE), () -> {
                    eventually(() -> subscriber.received.get() >= some || subscriber.ends.get() > 0);
                    subscriber.cancel();
                });
            case GRANT ->
                RaceTestUtils.race(
                        () -> subscriber.request(3), subscriber::cancel, () -> taken.forEach(PooledBuffer::release));
            case CLOSE -> {
                RaceTestUtils.race(() -> subscriber.request(3), subscriber::cancel, used::close);
                taken.forEach(PooledBuffer::release);
            }
        }
        end(subscriber, source + ", " + kind + ", " + against);
    }

    private BufferPool poolFor(Against against) {
        return switch (against) {
            case GRANT -> narrow;
            case CLOSE -> narrowPool();
            default -> pool;
        };
    }

    private static PooledBuffer input(Raced.Round round) {
        PooledBuffer input = round.pool.acquire(INPUT_BYTES);
        Raced.fill(input, round.stamp);
        return input;
    }

    /** A source that does answer requests. */
    private static BufferFlux polite(Raced.Round round) {
        return BufferFlux.from(Flux.range(0, 5).map(i -> input(round)));
    }

    private static List<PooledBuffer> takeAll(BufferPool used) {
        List<PooledBuffer> taken = new ArrayList<>();
        for (int size = 1024; size >= 64; size /= 2) {
            for (Optional<PooledBuffer> next = used.tryAcquire(size); next.isPresent(); next = used.tryAcquire(size)) {
                taken.add(next.get());
            }
        }
        return taken;
    }

    private static void end(RacedSubscriber subscriber, String what) {
        Raced.Round round = subscriber.round;
        spoil(round.pool);
        round.end();
        subscriber.holdNothing();
        eventually(
                () -> {
                    PoolStats now = round.pool.stats();
                    return now.buffersInUse() == 0 && now.pending() == 0 && now.demand() == 0;
                },
                () -> what + ": " + round.pool);
        assertThat(round.pool.stats().lost()).as("lost, %s", what).isZero();
        assertThat(round.wrong).as("bytes that are not the stamp, %s", what).hasValue(0);
        assertThat(subscriber.ends).as("ends, %s", what).hasValueLessThanOrEqualTo(1);
    }

    /** Writes to memory that is free: no subscriber may see that. */
    private static void spoil(BufferPool used) {
        List<PooledBuffer> free = new ArrayList<>();
        for (int i = 0; i < 8 && !used.isClosed(); i++) {
            used.tryAcquire(INPUT_BYTES).ifPresent(free::add);
        }
        for (PooledBuffer buffer : free) {
            Raced.fill(buffer, (byte) 0);
            buffer.release();
        }
    }
}
