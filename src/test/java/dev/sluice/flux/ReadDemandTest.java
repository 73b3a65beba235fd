package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** When a source takes memory: for requests, in turn, and never for a cancelled subscription. */
class ReadDemandTest extends FluxTest {

    @Test
    void takesNothingBeforeARequest() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.file(file(100)).chunkSize(10).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);

        assertThat(openFiles()).hasSize(1);
        assertThat(pool.stats().totalAcquisitions()).isZero();
        subscriber.cancel();
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 65536})
    void takesWhatIsRequestedAndNoMore(int chunk) throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.file(file(10 * chunk)).chunkSize(chunk).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        for (int requested = 1; requested <= 10; requested++) {
            subscriber.request(1);
            assertThat(subscriber.held).hasSize(requested);
            assertThat(pool.stats().buffersInUse()).isEqualTo(requested);
        }
        assertThat(subscriber.completions).hasValue(1);
        subscriber.releaseAll();
    }

    @Test
    void cutsSmallChunksFromOneRead() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.file(file(1 << 20)).chunkSize(4096).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        subscriber.request(16);

        assertThat(subscriber.held).hasSize(16);
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThat(pool.stats().bytesInUse()).isEqualTo(65536);
        subscriber.held.remove().release();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        subscriber.cancel();
        subscriber.releaseAll();
    }

    @Test
    void aBlockIsAnEighthOfTheBudgetAtMost() throws IOException {
        MemoryBudget outer = MemoryBudget.of("outer", 64 << 10);
        try (BufferPool small =
                BufferPool.builder().budget(outer.child("inner", 32 << 10)).build()) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(ByteSources.file(file(1 << 20)).chunkSize(1024).on(Schedulers.immediate()), small)
                    .subscribe(subscriber);
            subscriber.request(4);
            assertThat(small.stats().bytesInUse()).isEqualTo(4096);
            subscriber.cancel();
            subscriber.releaseAll();
            assertThat(small.stats().bytesInUse()).isZero();
        }
    }

    @Test
    void requestsAddUpToAnUnboundedOne() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
                subscription.request(Long.MAX_VALUE);
                subscription.request(1);
            }
        };
        BufferFlux.read(ByteSources.file(file(100)).chunkSize(10).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        assertThat(subscriber.received).hasValue(10);
        assertThat(subscriber.completions).hasValue(1);
        subscriber.releaseAll();
    }

    @Test
    void nothingIsEmittedBeforeOnSubscribeReturns() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                requestUnbounded();
                assertThat(received).hasValue(0);
            }
        };
        BufferFlux.read(ByteSources.file(file(100)).chunkSize(10).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        assertThat(subscriber.received).hasValue(10);
        subscriber.releaseAll();
    }

    @Test
    void requestsFromWithinOnNextGrowNoStack() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber() {
            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                received.incrementAndGet();
                request(1);
            }
        };
        BufferFlux.read(ByteSources.file(file(100_000)).chunkSize(1).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        subscriber.request(1);
        assertThat(subscriber.received).hasValue(100_000);
        assertThat(subscriber.completions).hasValue(1);
    }

    @Test
    void tellsThePoolWhatIsOutstanding() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        AtomicLong atFirst = new AtomicLong();
        Path file = FaultyFiles.at(file(10 * 65536), new FaultyFiles.Fault() {
            @Override
            public int read(SeekableByteChannel channel, ByteBuffer target) throws IOException {
                atFirst.compareAndSet(0, pool.stats().demand());
                assertThat(pool.stats().demand() + pool.stats().buffersInUse())
                        .as("held by the subscriber, being read and still wanted")
                        .isEqualTo(3);
                return channel.read(target);
            }
        });
        BufferFlux.read(ByteSources.file(file).chunkSize(65536).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        subscriber.request(3);

        assertThat(subscriber.held).hasSize(3);
        assertThat(atFirst).as("demand beside the block that is being read").hasValue(2);
        assertThat(pool.stats().demand()).isZero();
        subscriber.cancel();
        subscriber.releaseAll();
    }

    @Test
    void tellsThePoolASmallPartOfAnUnboundedRequest() throws IOException {
        AtomicLong most = new AtomicLong();
        Path file = FaultyFiles.at(file(20 * 65536), new FaultyFiles.Fault() {
            @Override
            public int read(SeekableByteChannel channel, ByteBuffer target) throws IOException {
                most.accumulateAndGet(pool.stats().demand() + pool.stats().buffersInUse(), Math::max);
                return channel.read(target);
            }
        });
        BufferFlux.read(file, pool, 65536).consume(PooledBuffer::length).blockLast(LIMIT);
        assertThat(most).hasValue(8);
    }

    /** Requested is 3 blocks, of which one is waited for. */
    @ParameterizedTest
    @ValueSource(ints = {65536, 4096})
    void countsWhatItWaitsForOnce(int chunk) throws IOException {
        try (BufferPool small = BufferPool.builder().maxBytes(1 << 20).build()) {
            PooledBuffer all = small.acquire(1 << 20);
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(ByteSources.file(file(10 * 65536)).chunkSize(chunk).on(Schedulers.immediate()), small)
                    .subscribe(subscriber);
            subscriber.request(3 * 65536 / chunk);

            assertThat(small.stats().pending()).isEqualTo(1);
            assertThat(small.stats().demand()).isEqualTo(3);
            assertThat(small.stats().demandBytes()).isEqualTo(2 * 65536 + chunk);

            subscriber.request(65536 / chunk);
            assertThat(small.stats().pending()).isEqualTo(1);
            assertThat(small.stats().demand())
                    .as("with what was requested meanwhile")
                    .isEqualTo(4);

            all.release();
            eventually(() ->
                    subscriber.held.size() == 4 * 65536 / chunk && small.stats().demand() == 0);
            subscriber.cancel();
            subscriber.releaseAll();
        }
    }

    /** The budget is full of idle blocks of the former size: none of those to come has to wait for shrinking. */
    @Test
    void aChangeOfChunkSizeTakesTheIdleMemoryOfTheFormerAtOnce() throws IOException {
        try (BufferPool small = BufferPool.builder().maxBytes(1 << 20).build()) {
            for (int chunk : new int[] {65536, 262144, 8192, 1 << 20}) {
                HoldingSubscriber subscriber = new HoldingSubscriber();
                BufferFlux.read(ByteSources.file(file(2 << 20)).chunkSize(chunk).on(Schedulers.immediate()), small)
                        .subscribe(subscriber);
                subscriber.request((1 << 20) / chunk);

                assertThat(subscriber.held).as("chunks of %,d bytes", chunk).hasSize((1 << 20) / chunk);
                assertThat(small.stats().bytesInUse()).isEqualTo(1 << 20);
                subscriber.cancel();
                subscriber.releaseAll();
                assertThat(small.stats().idleBytes()).isEqualTo(1 << 20);
            }
            assertThat(small.stats().reclaimedBytes()).isEqualTo(3 << 20);
        }
    }

    @Test
    void waitsItsTurnWithoutAThread() throws IOException {
        Scheduler scheduler = Schedulers.newSingle("reader");
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            PooledBuffer taken = one.acquire(100);
            HoldingSubscriber first = new HoldingSubscriber();
            HoldingSubscriber second = new HoldingSubscriber();
            BufferFlux.read(ByteSources.file(file(100)).chunkSize(100).on(scheduler), one)
                    .subscribe(first);
            first.request(1);
            eventually(() -> one.stats().pending() == 1);
            BufferFlux.read(ByteSources.file(file(100)).chunkSize(100).on(scheduler), one)
                    .subscribe(second);
            second.request(1);
            eventually(() -> one.stats().pending() == 2);
            CountDownLatch free = new CountDownLatch(1);
            scheduler.schedule(free::countDown);
            eventually(() -> free.getCount() == 0);

            taken.release();
            eventually(() -> first.received.get() == 1);
            assertThat(second.received).hasValue(0);
            first.releaseAll();
            eventually(() -> second.received.get() == 1);
            second.releaseAll();
            eventually(() -> first.hasEnded() && second.hasEnded());
        } finally {
            scheduler.dispose();
        }
    }

    @Test
    void waitsForOneChunkWhereTheBlockIsNotToBeHad() throws IOException {
        try (BufferPool small = BufferPool.builder().maxBytes(128 << 10).build()) {
            List<PooledBuffer> most = List.of(small.acquire(112 << 10), small.acquire(8 << 10), small.acquire(4 << 10));
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(ByteSources.file(file(20 << 10)).chunkSize(1 << 10).on(Schedulers.immediate()), small)
                    .subscribe(subscriber);
            subscriber.request(10);
            assertThat(subscriber.received).hasValue(4);
            most.forEach(PooledBuffer::release);
            eventually(() -> subscriber.received.get() == 10);
            subscriber.cancel();
            eventually(() -> {
                subscriber.releaseAll();
                return small.stats().buffersInUse() == 0;
            });
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void manyShareABudgetOfFewChunks(int chunks) throws IOException {
        int chunk = 4096;
        Path file = file(10 * chunk + 1);
        try (BufferPool small =
                BufferPool.builder().maxBytes((long) chunks * chunk).build()) {
            List<Flux<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                all.add(BufferFlux.read(file, small, chunk).consume(PooledBuffer::length));
            }
            assertThat(Flux.merge(Flux.fromIterable(all), 200).count().block(LIMIT))
                    .isEqualTo(200 * 11);
            assertThat(small.stats().peakBytes()).isLessThanOrEqualTo((long) chunks * chunk);
            assertThat(small.stats().buffersInUse()).isZero();
            assertThat(small.stats().pending()).isZero();
        }
    }

    @Test
    void cancelledBeforeItBegins() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.cancel();
            }
        };
        BufferFlux.read(ByteSources.file(file(100)).chunkSize(10).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        assertThat(subscriber.hasEnded()).isFalse();
        assertThat(pool.stats().totalAcquisitions()).isZero();
    }

    @Test
    void cancelledBeforeARequest() throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.file(file(100)).chunkSize(10).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        subscriber.cancel();
        assertThat(openFiles()).isEmpty();
        subscriber.upstream().request(5);
        assertThat(subscriber.received).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 65536})
    void cancelledFromWithinOnNext(int chunk) throws IOException {
        HoldingSubscriber subscriber = new HoldingSubscriber() {
            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                super.hookOnNext(buffer);
                if (received.get() == 3) {
                    cancel();
                }
            }
        };
        BufferFlux.read(ByteSources.file(file(10 * chunk)).chunkSize(chunk).on(Schedulers.immediate()), pool)
                .subscribe(subscriber);
        subscriber.requestUnbounded();

        assertThat(subscriber.received).hasValue(3);
        assertThat(subscriber.completions).hasValue(0);
        assertThat(openFiles()).isEmpty();
        subscriber.releaseAll();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void cancelledWhileItWaits() throws IOException {
        try (BufferPool one = BufferPool.withMaxBuffers(1)) {
            PooledBuffer taken = one.acquire(100);
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(file(100), one, 100).subscribe(subscriber);
            subscriber.request(1);
            eventually(() -> one.stats().pending() == 1);
            subscriber.cancel();
            eventually(() -> one.stats().pending() == 0, one::stats);
            eventually(() -> openFiles().isEmpty());
            taken.release();
            assertThat(one.stats().buffersInUse()).isZero();
        }
    }

    @Test
    void cancelledWhileItReads() throws IOException {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        Path file = FaultyFiles.at(file(100), new FaultyFiles.Fault() {
            @Override
            public int read(SeekableByteChannel channel, ByteBuffer target) throws IOException {
                reading.countDown();
                try {
                    cancelled.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return channel.read(target);
            }
        });
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(file, pool, 10).subscribe(subscriber);
        subscriber.request(5);
        eventually(() -> reading.getCount() == 0);
        subscriber.cancel();
        cancelled.countDown();
        nothingInFlight();
        eventually(() -> openFiles().isEmpty());
        assertThat(subscriber.received).hasValue(0);
        assertThat(subscriber.hasEnded()).isFalse();
    }
}
