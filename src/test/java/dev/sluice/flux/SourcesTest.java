package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.PoolClosedException;
import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** What every source promises: the content, demand, the smallest budget, and nothing left behind. */
class SourcesTest extends FluxTest {

    private static final int ROUNDS = 200;

    @ParameterizedTest
    @EnumSource
    void givesTheContentWhateverIsRequestedAtOnce(AnySource source) {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            byte[] content = content(random.nextInt(20_000));
            int chunk = 1 + random.nextInt(random.nextBoolean() ? 5000 : 50_000);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            source.over(content, dir, pool, chunk)
                    .doOnNext(buffer -> {
                        assertThat(buffer.length()).isBetween(1, chunk);
                        all.writeBytes(bytes(buffer));
                    })
                    .limitRate(1 + random.nextInt(20), 0)
                    .blockLast(LIMIT);
            assertThat(all.toByteArray()).as("with seed %d", seed).isEqualTo(content);
        }
    }

    @ParameterizedTest
    @EnumSource
    void heapMemoryWillDo(AnySource source) {
        byte[] content = content(5000);
        try (BufferPool heap =
                BufferPool.builder().maxBytes(1 << 20).direct(false).build()) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            source.over(content, dir, heap, 777)
                    .consume(buffer -> {
                        all.writeBytes(buffer.toByteArray());
                        return all.size();
                    })
                    .blockLast(LIMIT);
            assertThat(all.toByteArray()).isEqualTo(content);
            eventually(() -> heap.stats().buffersInUse() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everySubscriptionBeginsAnew(AnySource source) {
        BufferFlux flux = source.over(content(3000), dir, pool, 500);
        for (int i = 0; i < 3; i++) {
            assertThat(flux.consume(PooledBuffer::length)
                            .reduce(0, Integer::sum)
                            .block(LIMIT))
                    .isEqualTo(3000);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsAnEmptySequence(AnySource source) {
        StepVerifier.create(source.over(new byte[0], dir, pool, 10)).verifyComplete();
    }

    @ParameterizedTest
    @EnumSource
    void noMoreIsOutThanWasRequested(AnySource source) {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        source.over(content(10_000), dir, pool, 600).subscribe(subscriber);
        assertThat(pool.stats().totalAcquisitions()).isZero();
        for (int requested = 1; requested <= 10; requested++) {
            subscriber.request(1);
            int expected = requested;
            eventually(() -> subscriber.received.get() == expected, subscriber.received::get);
            assertThat(pool.stats().buffersInUse()).isLessThanOrEqualTo(requested);
        }
        assertThat(subscriber.received).hasValue(10);
        subscriber.cancel();
        subscriber.releaseAll();
    }

    @ParameterizedTest
    @EnumSource
    void oneChunkIsTheSmallestBudget(AnySource source) {
        byte[] content = content(5000);
        try (BufferPool one = BufferPool.builder().maxBytes(1024).build()) {
            List<Flux<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                all.add(source.over(content, dir, one, 1024).consume(PooledBuffer::length));
            }
            assertThat(Flux.merge(Flux.fromIterable(all), 50)
                            .reduce(0, Integer::sum)
                            .block(LIMIT))
                    .isEqualTo(50 * 5000);
            eventually(() -> one.stats().buffersInUse() == 0 && one.stats().pending() == 0, one::stats);
            assertThat(one.stats().peakBytes()).isLessThanOrEqualTo(1024);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelledWhileItWaitsForMemory(AnySource source) {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            PooledBuffer taken = one.acquire(100);
            HoldingSubscriber subscriber = new HoldingSubscriber();
            source.over(content(100), dir, one, 100).subscribe(subscriber);
            subscriber.request(1);
            eventually(() -> one.stats().pending() == 1);
            subscriber.cancel();
            eventually(() -> one.stats().pending() == 0 && one.stats().demand() == 0, one::stats);
            taken.release();
            assertThat(one.stats().buffersInUse()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClosedPool(AnySource source) {
        BufferPool closed = BufferPool.withMaxBuffers(1);
        closed.close();
        StepVerifier.create(source.over(content(100), dir, closed, 100)).verifyError(PoolClosedException.class);
    }

    @ParameterizedTest
    @EnumSource
    void aChunkHasAtLeastOneByte(AnySource source) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> source.over(content(100), dir, pool, 0))
                .withMessageContaining("chunkSize");
    }

    @ParameterizedTest
    @EnumSource
    void requestsFromWithinOnNextGrowNoStack(AnySource source) {
        HoldingSubscriber subscriber = new HoldingSubscriber() {
            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                received.incrementAndGet();
                request(1);
            }
        };
        source.over(content(50_000), dir, pool, 1).subscribe(subscriber);
        subscriber.request(1);
        eventually(subscriber::hasEnded, subscriber.received::get);
        assertThat(subscriber.error).isNull();
        assertThat(subscriber.received).hasValue(50_000);
    }

    @ParameterizedTest
    @EnumSource
    void aSubscriberThatThrows(AnySource source) {
        AtomicReference<PooledBuffer> seen = new AtomicReference<>();
        try {
            source.over(content(5000), dir, pool, 100).subscribe(new HoldingSubscriber() {
                @Override
                protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                    requestUnbounded();
                }

                @Override
                protected void hookOnNext(PooledBuffer buffer) {
                    seen.set(buffer);
                    buffer.release();
                    throw new StackOverflowError("in onNext");
                }
            });
        } catch (StackOverflowError e) {
            assertThat(e).hasMessage("in onNext"); // thrown where the subscription emits on the caller's thread
        }
        eventually(() -> seen.get() != null);
    }

    @ParameterizedTest
    @EnumSource
    void aLostLeaseIsReportedWithItsSource(AnySource source) {
        List<String> reports = new CopyOnWriteArrayList<>();
        try (BufferPool watching = BufferPool.builder()
                .maxBytes(1 << 20)
                .onLeak(report -> reports.add(report.toString()))
                .build()) {
            source.over(content(500), dir, watching, 1000).blockLast(LIMIT);
            eventually(() -> {
                System.gc();
                return watching.stats().buffersInUse() == 0;
            });
            eventually(() -> reports.size() == 1);
        }
        assertThat(reports.get(0)).containsPattern("BufferFlux\\.read");
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstRequest(AnySource source) {
        BufferFlux flux = source.over(content(4000), dir, pool, 1000);
        for (int round = 0; round < ROUNDS; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            flux.subscribe(subscriber);
            RaceTestUtils.race(() -> subscriber.request(2), subscriber::cancel);
            endOf(subscriber, pool);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstOnNextAndOnComplete(AnySource source) {
        BufferFlux flux = source.over(content(3000), dir, pool, 1000);
        for (int round = 0; round < ROUNDS; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            int after = round % 4;
            flux.subscribe(subscriber);
            RaceTestUtils.race(subscriber::requestUnbounded, () -> {
                eventually(() -> subscriber.received.get() >= after);
                subscriber.cancel();
            });
            endOf(subscriber, pool);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstGrant(AnySource source) throws Exception {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            BufferFlux flux = source.over(content(300), dir, one, 100);
            for (int round = 0; round < ROUNDS; round++) {
                PooledBuffer taken = one.request(100).get(10, TimeUnit.SECONDS); // as below
                HoldingSubscriber subscriber = new HoldingSubscriber();
                flux.subscribe(subscriber);
                subscriber.request(1);
                eventually(() -> one.stats().pending() == 1);
                RaceTestUtils.race(taken::release, subscriber::cancel);
                endOf(subscriber, one);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstTakingATurnAndGrant(AnySource source) throws Exception {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            BufferFlux flux = source.over(content(300), dir, one, 100);
            for (int round = 0; round < ROUNDS; round++) {
                // Waits: the release of the round before may be under way, though the statistics count it.
                PooledBuffer taken = one.request(100).get(10, TimeUnit.SECONDS);
                HoldingSubscriber subscriber = new HoldingSubscriber();
                flux.subscribe(subscriber);
                RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel, taken::release);
                endOf(subscriber, one);
            }
        }
    }

    private static void endOf(HoldingSubscriber subscriber, BufferPool used) {
        eventually(
                () -> {
                    subscriber.releaseAll();
                    return used.stats().buffersInUse() == 0
                            && used.stats().pending() == 0
                            && used.stats().demand() == 0;
                },
                used::stats);
        assertThat(subscriber.completions).hasValueLessThanOrEqualTo(1);
        assertThat(subscriber.error).isNull();
    }
}
