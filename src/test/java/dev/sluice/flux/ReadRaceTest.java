package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;
import reactor.test.util.RaceTestUtils;

/** Cancellation against everything that a source does: whoever wins, nothing stays behind. */
class ReadRaceTest extends FluxTest {

    private static final int ROUNDS = 500;

    @ParameterizedTest
    @ValueSource(ints = {16, 65536})
    void cancelAgainstRequest(int chunk) throws IOException {
        Path file = file(4 * chunk);
        for (int round = 0; round < ROUNDS; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(file, pool, chunk).subscribe(subscriber);
            RaceTestUtils.race(() -> subscriber.request(2), subscriber::cancel);
            endOf(subscriber);
        }
    }

    /** The cancelling thread waits for the first buffer, so that it meets the second, the third or the end. */
    @ParameterizedTest
    @ValueSource(ints = {16, 65536})
    void cancelAgainstOnNextAndOnComplete(int chunk) throws IOException {
        Path file = file(3 * chunk);
        for (int round = 0; round < ROUNDS; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            int after = round % 4;
            BufferFlux.read(file, pool, chunk).subscribe(subscriber);
            RaceTestUtils.race(subscriber::requestUnbounded, () -> {
                eventually(() -> subscriber.received.get() >= after);
                subscriber.cancel();
            });
            endOf(subscriber);
        }
    }

    @Test
    void cancelAgainstOnError() {
        for (int round = 0; round < ROUNDS; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            RaceTestUtils.race(
                    () -> BufferFlux.read(dir.resolve("missing"), pool).subscribe(subscriber), subscriber::cancel);
            endOf(subscriber);
        }
    }

    @Test
    void cancelAgainstGrant() throws Exception {
        Path file = file(300);
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            for (int round = 0; round < ROUNDS; round++) {
                PooledBuffer taken = one.request(100).get(10, TimeUnit.SECONDS); // as below
                HoldingSubscriber subscriber = new HoldingSubscriber();
                BufferFlux.read(file, one, 100).subscribe(subscriber);
                subscriber.request(1);
                eventually(() -> one.stats().pending() == 1);
                RaceTestUtils.race(taken::release, subscriber::cancel);
                endOf(subscriber, one);
            }
        }
    }

    /** The memory stays taken, so that a turn that is not given up is seen to wait. */
    @Test
    void cancelAgainstTakingATurn() throws IOException {
        Path file = file(300);
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            PooledBuffer taken = one.acquire(100);
            for (int round = 0; round < 10 * ROUNDS; round++) {
                HoldingSubscriber subscriber = new HoldingSubscriber();
                BufferFlux.read(ByteSources.file(file).chunkSize(100).on(Schedulers.immediate()), one)
                        .subscribe(subscriber);
                RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel);
                eventually(() -> one.stats().pending() == 0, one::stats);
            }
            taken.release();
        }
    }

    @Test
    void cancelAgainstTakingATurnAndGrant() throws Exception {
        Path file = file(300);
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            for (int round = 0; round < ROUNDS; round++) {
                // Waits: the release of the round before may be under way, though the statistics count it.
                PooledBuffer taken = one.request(100).get(10, TimeUnit.SECONDS);
                HoldingSubscriber subscriber = new HoldingSubscriber();
                BufferFlux.read(file, one, 100).subscribe(subscriber);
                RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel, taken::release);
                endOf(subscriber, one);
            }
        }
    }

    @Test
    void closingThePoolAgainstTakingATurn() throws IOException {
        Path file = file(300);
        for (int round = 0; round < ROUNDS; round++) {
            BufferPool one = BufferPool.withMaxBuffers(1);
            PooledBuffer taken = one.acquire(100);
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(file, one, 100).subscribe(subscriber);
            RaceTestUtils.race(() -> subscriber.request(3), one::close);
            eventually(() -> subscriber.error != null);
            taken.release();
            endOf(subscriber, one);
        }
    }

    /** However they meet, the pool knows in the end what is still wanted. */
    @Test
    void requestAgainstGrantAndAgainstTakingATurn() throws IOException {
        int chunk = 65536;
        Path file = file(10 * chunk);
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            for (int round = 0; round < ROUNDS; round++) {
                PooledBuffer taken = one.acquire(chunk);
                HoldingSubscriber subscriber = new HoldingSubscriber();
                BufferFlux.read(file, one, chunk).subscribe(subscriber);
                subscriber.request(1);
                eventually(() -> one.stats().pending() == 1, one::stats);
                subscriber.request(1);
                eventually(() -> one.stats().demand() == 2, one::stats);

                RaceTestUtils.race(() -> subscriber.request(3), taken::release);
                eventually(() -> subscriber.received.get() == 1 && one.stats().pending() == 1, one::stats);
                eventually(() -> one.stats().demand() == 4, one::stats);
                subscriber.cancel();
                endOf(subscriber, one);
            }
        }
    }

    @Test
    void requestAgainstRequest() throws IOException {
        Path file = file(1000);
        for (int round = 0; round < ROUNDS; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(file, pool, 1).subscribe(subscriber);
            RaceTestUtils.race(
                    () -> IntStream.range(0, 500).forEach(i -> subscriber.request(1)),
                    () -> IntStream.range(0, 500).forEach(i -> subscriber.request(1)));
            eventually(subscriber::hasEnded);
            assertThat(subscriber.received).hasValue(1000);
            endOf(subscriber);
        }
    }

    /** What is out is never more than what was requested and not yet released. */
    @Test
    void leasesOutStayWithinTheRequests() throws IOException {
        Path file = file(200 * 8192);
        for (int round = 0; round < 20; round++) {
            AtomicInteger out = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            HoldingSubscriber subscriber = new HoldingSubscriber() {
                @Override
                protected void hookOnNext(PooledBuffer buffer) {
                    most.accumulateAndGet(out.incrementAndGet(), Math::max);
                    super.hookOnNext(buffer);
                }
            };
            BufferFlux.read(file, pool, 8192).subscribe(subscriber);
            subscriber.request(4);
            while (!subscriber.hasEnded()) {
                PooledBuffer buffer = subscriber.held.poll();
                if (buffer != null) {
                    assertThat(pool.stats().buffersInUse()).isLessThanOrEqualTo(4);
                    buffer.release();
                    out.decrementAndGet();
                    subscriber.request(1);
                }
            }
            assertThat(most).hasValueLessThanOrEqualTo(4);
            endOf(subscriber);
        }
    }

    private void endOf(HoldingSubscriber subscriber) {
        endOf(subscriber, pool);
    }

    /** What onNext was called with is the subscriber's, and may come while this looks. */
    private void endOf(HoldingSubscriber subscriber, BufferPool used) {
        eventually(
                () -> {
                    subscriber.releaseAll();
                    return used.stats().buffersInUse() == 0
                            && used.stats().pending() == 0
                            && used.stats().demand() == 0;
                },
                used::stats);
        assertThat(subscriber.completions).hasValueLessThanOrEqualTo(1);
    }
}
