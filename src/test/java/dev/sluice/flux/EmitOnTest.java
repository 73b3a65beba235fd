package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** Another thread emits, and nothing is lost on the way. */
class EmitOnTest extends FluxTest {

    /** How often a source of two chunks was closed. */
    private final AtomicInteger closed = new AtomicInteger();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 16, 1000})
    void emitsTheSameInOrderOnTheScheduler(int prefetch) throws IOException {
        Scheduler scheduler = Schedulers.newSingle("emitter");
        StepVerifier.create(BufferFlux.read(file(500), pool, 10)
                        .emitOn(scheduler, prefetch)
                        .consume(buffer -> {
                            assertThat(Thread.currentThread().getName()).startsWith("emitter");
                            return buffer.toByteArray();
                        })
                        .collectList())
                .assertNext(chunks -> {
                    assertThat(chunks).hasSize(50);
                    for (int i = 0; i < 50; i++) {
                        assertThat(chunks.get(i))
                                .isEqualTo(java.util.Arrays.copyOfRange(content(500), 10 * i, 10 * i + 10));
                    }
                })
                .verifyComplete();
        scheduler.dispose();
    }

    /** A source wakes the other thread once for several buffers; it must not wait for memory that it has not handed over. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void whatIsQueuedUntoldIsNotWaitedFor(int buffers) throws IOException {
        BufferPool small = BufferPool.builder().maxBytes(buffers * 1024L).build();
        StepVerifier.create(BufferFlux.read(file(40 * 1024), small, 1024)
                        .emitOn(Schedulers.parallel(), 16)
                        .consume(PooledBuffer::length)
                        .reduce(0, Integer::sum))
                .expectNext(40 * 1024)
                .expectComplete()
                .verify(LIMIT);
        eventually(() -> small.stats().buffersInUse() == 0);
        small.close();
    }

    /** A stream may keep its reader waiting for as long as it likes. */
    @Test
    void whatASlowSourceHasGivenArrivesBeforeItGivesMore() throws IOException {
        PipedOutputStream writer = new PipedOutputStream();
        PipedInputStream reader = new PipedInputStream(writer, 64);
        StepVerifier.create(BufferFlux.read(ByteSources.stream(() -> reader).chunkSize(8), pool)
                        .emitOn(Schedulers.parallel(), 16)
                        .map(FluxTest::text))
                .then(() -> write(writer, "slowly"))
                .expectNext("slowly")
                .then(() -> write(writer, "on"))
                .expectNext("on")
                .then(() -> write(writer, null))
                .expectComplete()
                .verify(LIMIT);
    }

    /** What claims no size may be a pipe, which keeps its reader waiting, though only a range of it is wanted. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void onlyAFileThatClaimsASizeIsAtHand() throws IOException {
        assertThat(isAtHand(file(10), 3, 5)).isTrue();
        assertThat(isAtHand(file(10), 0, ByteSource.UNKNOWN)).isTrue();
        assertThat(isAtHand(Path.of("/proc/version"), 0, 5)).isFalse();
        assertThat(isAtHand(Path.of("/proc/version"), 0, ByteSource.UNKNOWN)).isFalse();
    }

    private static boolean isAtHand(Path path, long from, long length) throws IOException {
        ByteSource source = SourceFile.open(path, from, length);
        try {
            return source.isAtHand();
        } finally {
            source.close();
        }
    }

    /** The next read of a disk may take as long as the last one. */
    @Test
    void whatASlowReadBroughtDoesNotWaitForTheNextOne() {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        StepVerifier.create(twoChunks(
                                Schedulers.boundedElastic(),
                                () -> assertThat(never.await(1, TimeUnit.MILLISECONDS))
                                        .isFalse(),
                                () -> assertThat(arrived.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                                        .isTrue())
                        .emitOn(Schedulers.parallel(), 16)
                        .consume(PooledBuffer::length)
                        .doOnNext(any -> arrived.countDown()))
                .expectNext(8, 8)
                .expectComplete()
                .verify(LIMIT);
    }

    /** No signal follows an error of the JVM, but what came before it arrives. Most of the first reads are quick. */
    @Test
    void whatWasReadBeforeTheJvmFailedArrives() {
        for (int round = 0; round < 100; round++) {
            HoldingSubscriber subscriber = new HoldingSubscriber();
            twoChunks(Schedulers.boundedElastic(), () -> {}, () -> {
                        throw new StackOverflowError("in read");
                    })
                    .emitOn(Schedulers.parallel(), 16)
                    .subscribe(subscriber);
            subscriber.request(2);
            eventually(() -> subscriber.received.get() == 1);
            subscriber.releaseAll();
        }
    }

    /** Neither what was read, nor what is being read, nor the file stays behind. */
    @Test
    void aSchedulerThatHasNoThreadForWhatIsHandedOver() {
        AtomicBoolean hasNone = new AtomicBoolean();
        Scheduler scheduler = new Scheduler() {
            @Override
            public Disposable schedule(Runnable task) {
                if (hasNone.get()) {
                    throw new OutOfMemoryError("no thread");
                }
                return Schedulers.immediate().schedule(task);
            }

            @Override
            public Worker createWorker() {
                return Schedulers.immediate().createWorker();
            }
        };
        for (int round = 1; round <= 100; round++) {
            hasNone.set(false);
            HoldingSubscriber subscriber = new HoldingSubscriber();
            twoChunks(Schedulers.immediate(), () -> hasNone.set(true), () -> {
                        throw new StackOverflowError("in read");
                    })
                    .emitOn(scheduler, 16)
                    .subscribe(subscriber);
            Throwable thrown = catchThrowable(() -> subscriber.request(2));
            assertThat(subscriber.error).isInstanceOf(VirtualMachineError.class);
            if (thrown != null) {
                assertThat(thrown).isInstanceOf(VirtualMachineError.class);
            }
            assertThat(closed).hasValue(round);
            assertThat(pool.stats().buffersInUse()).isZero();
        }
    }

    private BufferFlux twoChunks(Scheduler reader, Step first, Step second) {
        ByteSource.Opener two = answered -> new TwoChunks(first, second);
        return BufferFlux.read(two.chunkSize(8).on(reader), pool);
    }

    /** What a read does before it brings its chunk. */
    private interface Step {
        void run() throws InterruptedException;
    }

    /** A file of two chunks. */
    private final class TwoChunks implements ByteSource {

        private final Step first;
        private final Step second;
        private long remaining = 16;

        TwoChunks(Step first, Step second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public long remainingBytes() {
            return remaining;
        }

        /** So that one chunk is read at once. */
        @Override
        public long sizeBytes() {
            return 8;
        }

        @Override
        public boolean isAtEnd() {
            return remaining == 0;
        }

        @Override
        public boolean fillsChunks() {
            return true;
        }

        @Override
        public boolean isAtHand() {
            return true;
        }

        @Override
        public Read read(ByteBuffer target) throws IOException {
            try {
                (remaining == 16 ? first : second).run();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            target.position(8);
            remaining -= 8;
            return Read.ENOUGH;
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    private static void write(PipedOutputStream writer, @Nullable String text) {
        try {
            if (text == null) {
                writer.close();
            } else {
                writer.write(text.getBytes(StandardCharsets.US_ASCII));
                writer.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void fetchesNothingBeforeTheFirstRequestAndThenTheWindow() {
        RudeSource source = new RudeSource();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.from(source).emitOn(Schedulers.immediate(), 8).subscribe(subscriber);
        assertThat(source.requested).hasValue(0);
        subscriber.request(5);
        assertThat(source.requested).hasValue(8);
        for (int i = 0; i < 8; i++) {
            source.subscriber.onNext(buffer("x"));
        }
        assertThat(subscriber.received).hasValue(5);
        assertThat(source.requested).hasValue(8);
        subscriber.request(1);
        assertThat(source.requested).hasValue(14);
        subscriber.cancel();
        assertThat(source.cancelled).isTrue();
        subscriber.releaseAll();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void theEndWaitsForWhatIsQueued() {
        StepVerifier.create(
                        BufferFlux.from(Flux.concat(buffers("1", "2"), Flux.error(new IOException("gone"))))
                                .emitOn(Schedulers.parallel(), 4)
                                .map(FluxTest::text),
                        0)
                .thenRequest(1)
                .expectNext("1")
                .thenRequest(1)
                .expectNext("2")
                .verifyErrorMessage("gone");
        StepVerifier.create(BufferFlux.from(Flux.<PooledBuffer>empty()).emitOn(Schedulers.parallel(), 4), 0)
                .verifyComplete();
    }

    @Test
    void whatComesAfterTheEndIsReleased() {
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source)
                        .emitOn(Schedulers.immediate(), 4)
                        .map(FluxTest::text))
                .then(() -> {
                    source.subscriber.onNext(buffer("1"));
                    source.subscriber.onComplete();
                    source.subscriber.onNext(buffer("2"));
                    source.subscriber.onError(new IOException("late"));
                })
                .expectNext("1")
                .expectComplete()
                .verifyThenAssertThat()
                .hasDroppedErrorWithMessage("late");
    }

    @Test
    void aSchedulerThatIsShutDown() {
        Scheduler scheduler = Schedulers.newSingle("emitter");
        scheduler.dispose();
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source).emitOn(scheduler, 4)).verifyError(RejectedExecutionException.class);
        assertThat(source.cancelled).isTrue();
        source.subscriber.onNext(buffer("late"));
    }

    @Test
    void aSubscriberThatThrows() {
        RudeSource source = new RudeSource();
        BufferFlux.from(source).emitOn(Schedulers.parallel(), 4).subscribe(new HoldingSubscriber() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                requestUnbounded();
            }

            @Override
            protected void hookOnNext(PooledBuffer buffer) {
                buffer.release();
                throw new StackOverflowError("in onNext");
            }
        });
        source.subscriber.onNext(buffer("1"));
        source.subscriber.onNext(buffer("2"));
        source.subscriber.onNext(buffer("3"));
        eventually(() -> source.cancelled);
    }

    @Test
    void needsAPrefetchOfAtLeastOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BufferFlux.from(buffers("1")).emitOn(Schedulers.parallel(), 0))
                .withMessageContaining("prefetch");
    }

    /** The case that {@code publishOn} loses, some hundred times in as many rounds. */
    @Test
    void cancelAgainstEverything() throws IOException, InterruptedException {
        Path file = file(1 << 18);
        for (int round = 0; round < 1500; round++) {
            CountDownLatch some = new CountDownLatch(round % 7);
            Disposable subscription = BufferFlux.read(file, pool, 8192)
                    .emitOn(round % 2 == 0 ? Schedulers.parallel() : Schedulers.boundedElastic(), 8)
                    .consume(buffer -> {
                        some.countDown();
                        return buffer.length();
                    })
                    .subscribe();
            some.await();
            subscription.dispose();
        }
        nothingInFlight();
    }

    @Test
    void cancelAgainstOnNext() {
        for (int round = 0; round < 2000; round++) {
            RudeSource source = new RudeSource();
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.from(source).emitOn(Schedulers.parallel(), 4).subscribe(subscriber);
            subscriber.request(round % 3 + 1);
            PooledBuffer first = buffer("1");
            PooledBuffer second = buffer("2");
            RaceTestUtils.race(
                    () -> {
                        source.subscriber.onNext(first);
                        source.subscriber.onNext(second);
                    },
                    subscriber::cancel);
            eventually(() -> {
                subscriber.releaseAll();
                return first.isReleased() && second.isReleased();
            });
        }
    }

    @Test
    void canBeScanned() {
        BufferFlux emitting = BufferFlux.from(buffers("1")).emitOn(Schedulers.parallel(), 7);
        assertThat(Scannable.from(emitting).scan(Scannable.Attr.PREFETCH)).isEqualTo(7);
        assertThat(emitting.getPrefetch()).isEqualTo(7);
        HoldingSubscriber subscriber = new HoldingSubscriber();
        emitting.subscribe(subscriber);
        Scannable subscription = Scannable.from(subscriber.upstream());
        assertThat(subscription.scan(Scannable.Attr.PARENT)).isNotNull();
        assertThat(subscription.scan(Scannable.Attr.BUFFERED)).isZero();
        assertThat(subscription.scan(Scannable.Attr.CANCELLED)).isFalse();
        subscriber.cancel();
        assertThat(subscription.scan(Scannable.Attr.CANCELLED)).isTrue();
    }
}
