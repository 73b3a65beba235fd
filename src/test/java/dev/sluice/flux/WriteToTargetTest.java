package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.ShutdownChannelGroupException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** Streams and channels that somebody else closes. */
class WriteToTargetTest extends FluxTest {

    private static final int ROUNDS = 300;

    @ParameterizedTest
    @EnumSource
    void writesTheContentHoweverLittleIsTakenAtATime(AnySink target) {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            byte[] content = content(random.nextInt(20_000));
            int most = 1 + random.nextInt(3000);
            AnySink.Device device = new AnySink.Device() {
                @Override
                int write(ByteBuffer from) {
                    return take(from, 1 + random.nextInt(most));
                }
            };
            assertThat(target.write(Cuts.of(pool, content, random).flux(), device)
                            .block(LIMIT))
                    .isEqualTo(content.length);
            assertThat(device.taken.toByteArray()).as("with seed %d", seed).isEqualTo(content);
            assertThat(device.flushed).isEqualTo(target == AnySink.STREAM ? 1 : 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void holdsAFewBuffersAtMost(AnySink target) {
        AtomicInteger most = new AtomicInteger();
        AnySink.Device device = new AnySink.Device() {
            @Override
            int write(ByteBuffer from) {
                most.accumulateAndGet((int) pool.stats().buffersInUse(), Math::max);
                return take(from, 100);
            }
        };
        assertThat(target.write(
                                BufferFlux.read(
                                                ByteSources.bytes(content(50_000))
                                                        .chunkSize(500),
                                                pool)
                                        .rechunk(500),
                                device)
                        .block(LIMIT))
                .isEqualTo(50_000);
        assertThat(most)
                .as("16, the one that is cut, and two that are kept spare")
                .hasValueBetween(1, 19);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatFailsCancelsTheSource(AnySink target) {
        RudeSource source = new RudeSource();
        AnySink.Device device = new AnySink.Device() {
            @Override
            int write(ByteBuffer from) throws IOException {
                if (taken.size() == 3) {
                    throw new IOException("broken pipe");
                }
                return take(from, 1);
            }
        };
        StepVerifier.create(target.write(BufferFlux.from(source), device))
                .then(() -> {
                    source.subscriber.onNext(buffer("ab"));
                    source.subscriber.onNext(buffer("cd"));
                })
                .verifyErrorMessage("broken pipe");
        assertThat(source.cancelled).isTrue();
        assertThat(device.taken.toString()).isEqualTo("abc");
        assertThat(device.flushed).isZero();
    }

    @Test
    void aStreamThatCannotBeFlushed() {
        AnySink.Device device = new AnySink.Device() {
            @Override
            void flush() throws IOException {
                throw new IOException("cannot flush");
            }
        };
        StepVerifier.create(AnySink.STREAM.write(BufferFlux.from(buffers("a")), device))
                .verifyErrorMessage("cannot flush");
    }

    @ParameterizedTest
    @EnumSource
    void aSourceThatFails(AnySink target) {
        AnySink.Device device = new AnySink.Device();
        StepVerifier.create(target.write(
                        BufferFlux.from(Flux.concat(buffers("1", "2"), Flux.error(new IOException("gone")))), device))
                .verifyErrorMessage("gone");
        assertThat("12").startsWith(device.taken.toString());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "STREAM")
    void aTargetThatTakesNothingIsNotAskedForEver(AnySink target) {
        AtomicInteger asked = new AtomicInteger();
        AnySink.Device device = new AnySink.Device() {
            @Override
            int write(ByteBuffer from) {
                return asked.getAndIncrement() % 2 == 0 && asked.get() < 10 ? take(from, 1) : 0;
            }
        };
        StepVerifier.create(target.write(BufferFlux.from(buffers("0123456789")), device))
                .verifyErrorMessage("the channel took none of 5 bytes, 16 times in a row: is it in non-blocking mode?");
        assertThat(asked).hasValue(9 + 16);
    }

    @Test
    void aChannelInNonBlockingModeIsRefused() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        RudeSource source = new RudeSource();
        StepVerifier.create(BufferFlux.from(source).writeTo(ByteSinks.channel(pipe.sink())))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("non-blocking"));
        assertThat(source.requested).hasValue(0);
        assertThat(source.cancelled).isTrue();
        pipe.sink().close();
        pipe.source().close();
    }

    @Test
    void aClosedChannelIsAnError() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.sink().close();
        pipe.source().close();
        StepVerifier.create(BufferFlux.from(buffers("1")).writeTo(ByteSinks.channel(pipe.sink())))
                .verifyError(ClosedChannelException.class);
    }

    /** Interrupted until it works: the scheduler forgets an interruption between two tasks. */
    @Test
    void anInterruptedThreadIsAnError() throws IOException {
        Pipe pipe = Pipe.open();
        Scheduler scheduler = Schedulers.newSingle("writer");
        AtomicReference<Thread> writer = new AtomicReference<>();
        scheduler.schedule(() -> writer.set(Thread.currentThread()));
        StepVerifier.create(BufferFlux.read(ByteSources.bytes(content(4 << 20)).chunkSize(1 << 16), pool)
                        .writeTo(ByteSinks.channel(pipe.sink()).on(scheduler)))
                .then(() -> eventually(() -> pool.stats().buffersInUse() >= 9))
                .then(() -> eventually(() -> {
                    writer.get().interrupt();
                    return !pipe.sink().isOpen();
                }))
                .verifyError(ClosedByInterruptException.class);
        scheduler.dispose();
        pipe.source().close();
    }

    @Test
    void whatAnAsynchronousChannelThrowsAtOnceIsAnError() {
        AsynchronousFake refusing = new AsynchronousFake(command -> {
            throw new ShutdownChannelGroupException();
        });
        StepVerifier.create(BufferFlux.from(buffers("1", "2")).writeTo(ByteSinks.asynchronousChannel(refusing)))
                .verifyError(ShutdownChannelGroupException.class);
    }

    @Test
    void anAsynchronousWriteKeepsItsBuffersUntilItEnds() throws IOException {
        AsynchronousFake silent = new AsynchronousFake(Runnable::run);
        Disposable writing = BufferFlux.from(buffers("1", "2"))
                .writeTo(ByteSinks.asynchronousChannel(silent))
                .subscribe();
        writing.dispose();
        assertThat(silent.began).hasValue(1);
        assertThat(pool.stats().buffersInUse()).isEqualTo(2);
        silent.close();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void aWriteThatBlocksIsEndedByClosingTheChannel() throws IOException {
        Pipe pipe = Pipe.open();
        Disposable writing = BufferFlux.read(ByteSources.bytes(content(4 << 20)).chunkSize(1 << 16), pool)
                .writeTo(ByteSinks.channel(pipe.sink()))
                .subscribe();
        eventually(() -> pool.stats().buffersInUse() >= 9);
        writing.dispose();
        pipe.sink().close();
        nothingInFlight();
        pipe.source().close();
    }

    @Test
    void theStreamNeverSeesTheMemoryOfALease() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        BufferFlux.read(ByteSources.bytes(content(100_000)).chunkSize(60_000), pool)
                .writeTo(ByteSinks.stream(new java.io.FilterOutputStream(all) {
                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        all.write(bytes, offset, length);
                        java.util.Arrays.fill(bytes, (byte) 0);
                    }
                }))
                .block(LIMIT);
        assertThat(all.toByteArray()).isEqualTo(content(100_000));
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstOnNext(AnySink target) {
        for (int round = 0; round < ROUNDS; round++) {
            RudeSource source = new RudeSource();
            Disposable writing =
                    target.write(BufferFlux.from(source), new AnySink.Device()).subscribe();
            PooledBuffer first = buffer("1");
            PooledBuffer second = buffer("2");
            RaceTestUtils.race(
                    () -> {
                        source.subscriber.onNext(first);
                        source.subscriber.onNext(second);
                    },
                    writing::dispose);
            eventually(() -> first.isReleased() && second.isReleased());
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstOnCompleteAndOnError(AnySink target) {
        for (int round = 0; round < ROUNDS; round++) {
            boolean fails = round % 2 == 0;
            RudeSource source = new RudeSource();
            Disposable writing = target.write(BufferFlux.from(source), new AnySink.Device())
                    .subscribe(written -> assertThat(written).isEqualTo(5), error -> {});
            PooledBuffer buffer = buffer("whole");
            source.subscriber.onNext(buffer);
            RaceTestUtils.race(
                    () -> {
                        if (fails) {
                            source.subscriber.onError(new IOException("gone"));
                        } else {
                            source.subscriber.onComplete();
                        }
                    },
                    writing::dispose);
            eventually(buffer::isReleased);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstRequest(AnySink target) {
        for (int round = 0; round < ROUNDS; round++) {
            BaseSubscriber<Long> subscriber = WriteToTest.unrequesting();
            target.write(BufferFlux.from(buffers("1", "2", "3")), new AnySink.Device())
                    .subscribe(subscriber);
            RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel);
        }
        nothingInFlight();
    }

    @ParameterizedTest
    @EnumSource
    void theEndNeverOvertakesTheLastBuffer(AnySink target) {
        for (int round = 0; round < ROUNDS; round++) {
            RudeSource source = new RudeSource();
            AnySink.Device device = new AnySink.Device();
            CompletableFuture<Long> written =
                    target.write(BufferFlux.from(source), device).toFuture();
            eventually(() -> source.requested.get() > 0);
            source.subscriber.onNext(buffer("1"));
            for (int spin = 0; spin < round % 100; spin++) {
                Thread.onSpinWait();
            }
            source.subscriber.onNext(buffer("2"));
            source.subscriber.onComplete();
            assertThat(written.join()).isEqualTo(2);
            assertThat(device.taken.toString()).isEqualTo("12");
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelledWhileItWrites(AnySink target) {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AnySink.Device device = new AnySink.Device() {
            @Override
            int write(ByteBuffer from) throws IOException {
                writing.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return super.write(from);
            }
        };
        AtomicReference<Disposable> subscription = new AtomicReference<>();
        Schedulers.boundedElastic()
                .schedule(() -> target.write(BufferFlux.from(buffers("1", "2", "3")), device)
                        .doOnSubscribe(s -> subscription.set(s::cancel))
                        .subscribe());
        eventually(() -> writing.getCount() == 0);
        subscription.get().dispose();
        assertThat(pool.stats().buffersInUse()).isPositive();
        go.countDown();
        nothingInFlight();
    }
}
