package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.test.util.RaceTestUtils;

/** Cancellation against everything that can happen to an operator: whoever wins, nothing stays behind. */
class StageRaceTest extends FluxTest {

    private static final int ROUNDS = 2000;

    private RudeSource source;
    private AnySubscriber subscriber;

    /** An error that comes after a cancellation is dropped, as Reactor does it. */
    @BeforeEach
    void ignoreDroppedErrors() {
        Hooks.onErrorDropped(error -> {});
    }

    @AfterEach
    void resetDroppedErrors() {
        Hooks.resetOnErrorDropped();
    }

    private void subscribe(Staged operator) {
        source = new RudeSource();
        subscriber = new AnySubscriber();
        operator.over(BufferFlux.from(source)).subscribe(subscriber);
    }

    private PooledBuffer input() {
        return Cuts.buffer(pool, Staged.INPUT);
    }

    private void nothingIsHeld() {
        assertThat(subscriber.ends.get()).isLessThanOrEqualTo(1);
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(pool.stats().pending()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstOnNext(Staged operator) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(operator);
            subscriber.request(1 + round % 3);
            PooledBuffer input = input();
            RaceTestUtils.race(() -> source.subscriber.onNext(input), subscriber::cancel);
            nothingIsHeld();
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstOnCompleteAndOnError(Staged operator) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(operator);
            subscriber.request(2);
            source.subscriber.onNext(Cuts.buffer(pool, new byte[] {1}));
            boolean fails = round % 2 == 0;
            RaceTestUtils.race(
                    () -> {
                        if (fails) {
                            source.subscriber.onError(new IOException("gone"));
                        } else {
                            source.subscriber.onComplete();
                        }
                    },
                    subscriber::cancel);
            nothingIsHeld();
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstRequest(Staged operator) {
        for (int round = 0; round < ROUNDS; round++) {
            subscriber = new AnySubscriber();
            operator.over(Cuts.every(pool, Staged.INPUT, 1 + round % 5).flux()).subscribe(subscriber);
            RaceTestUtils.race(subscriber::requestUnbounded, subscriber::cancel);
            nothingIsHeld();
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestAgainstRequest(Staged operator) {
        for (int round = 0; round < ROUNDS / 4; round++) {
            subscriber = new AnySubscriber();
            operator.over(Cuts.every(pool, Staged.INPUT, 1 + round % 5).flux()).subscribe(subscriber);
            Runnable requests = () -> IntStream.range(0, 20).forEach(i -> subscriber.request(1));
            RaceTestUtils.race(requests, requests);
            assertThat(subscriber.ends.get()).isEqualTo(1);
            assertThat(subscriber.error).isNull();
            nothingIsHeld();
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestAgainstOnNextAndOnComplete(Staged operator) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(operator);
            subscriber.request(1);
            PooledBuffer input = input();
            RaceTestUtils.race(
                    () -> {
                        source.subscriber.onNext(input);
                        source.subscriber.onComplete();
                    },
                    subscriber::requestUnbounded);
            assertThat(subscriber.ends.get()).isEqualTo(1);
            assertThat(subscriber.error).isNull();
            nothingIsHeld();
        }
    }

    @Test
    void cancelAgainstGrant() {
        race((one, release) -> RaceTestUtils.race(release, subscriber::cancel));
    }

    @Test
    void cancelAgainstTheWaitForAGrant() {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            for (int round = 0; round < ROUNDS; round++) {
                starving(one);
                PooledBuffer taken = one.acquire(100);
                PooledBuffer input = Cuts.buffer(one, new byte[70]);
                RaceTestUtils.race(() -> source.subscriber.onNext(input), subscriber::cancel, taken::release);
                eventually(() -> one.stats().buffersInUse() == 0 && one.stats().pending() == 0, one::stats);
                assertThat(subscriber.ends.get()).isZero();
            }
        }
    }

    @Test
    void onErrorAgainstGrant() {
        race((one, release) -> {
            RaceTestUtils.race(release, () -> source.subscriber.onError(new IOException("gone")));
            eventually(() -> subscriber.error != null);
            assertThat(subscriber.error).hasMessage("gone");
        });
    }

    @Test
    void closingThePoolAgainstGrant() {
        for (int round = 0; round < ROUNDS / 4; round++) {
            BufferPool one = BufferPool.withMaxBuffers(1);
            starving(one);
            PooledBuffer taken = one.acquire(100);
            source.subscriber.onNext(Cuts.buffer(one, new byte[70]));
            RaceTestUtils.race(taken::release, one::close);
            subscriber.cancel();
            eventually(() -> one.stats().buffersInUse() == 0, one::stats);
        }
    }

    private interface Racing {
        void race(BufferPool one, Runnable release);
    }

    private void race(Racing racing) {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            for (int round = 0; round < ROUNDS; round++) {
                starving(one);
                PooledBuffer taken = one.acquire(100);
                source.subscriber.onNext(Cuts.buffer(one, new byte[70]));
                assertThat(one.stats().pending()).isEqualTo(1);
                racing.race(one, taken::release);
                eventually(() -> one.stats().buffersInUse() == 0 && one.stats().pending() == 0, one::stats);
                assertThat(subscriber.ends.get()).isLessThanOrEqualTo(1);
            }
        }
    }

    private void starving(BufferPool one) {
        source = new RudeSource();
        subscriber = new AnySubscriber();
        Flux<Object> chunks = BufferFlux.from(source).rechunk(100).cast(Object.class);
        chunks.subscribe(subscriber);
        subscriber.request(1);
    }

    /** From file to records, on the thread that reads and the one that cancels. */
    @Test
    void cancelAPipelineAnywhere() throws IOException {
        Path file = file(4000);
        for (int round = 0; round < ROUNDS / 4; round++) {
            AnySubscriber last = new AnySubscriber();
            int after = round % 30;
            BufferFlux.read(file, pool, 100)
                    .rechunk(70)
                    .skipBytes(3)
                    .split(new byte[] {1}, 4000)
                    .cast(Object.class)
                    .subscribe(last);
            RaceTestUtils.race(last::requestUnbounded, () -> {
                eventually(() -> last.received.get() >= after || last.ends.get() > 0);
                last.cancel();
            });
            nothingInFlight();
        }
        assertThat(pool.stats().lost()).isZero();
    }
}
