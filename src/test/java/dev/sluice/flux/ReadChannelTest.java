package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

/** Streams and channels that give little, nothing, an error, or no answer. */
class ReadChannelTest extends FluxTest {

    /** What a stream or channel does, by default nothing is there. */
    private interface Device {

        /** Reads up to so many bytes: an array, an empty one for "nothing now", null for the end. */
        byte[] read(int most) throws Exception;

        default void close() throws IOException {}
    }

    private enum Kind {
        STREAM {
            @Override
            BufferFlux over(Callable<Device> opener, FluxTest test, int chunk) {
                return BufferFlux.read(
                        ByteSources.stream(() -> {
                                    Device device = opener.call();
                                    return device == null ? null : new Stream(device);
                                })
                                .chunkSize(chunk),
                        test.pool);
            }
        },
        CHANNEL {
            @Override
            BufferFlux over(Callable<Device> opener, FluxTest test, int chunk) {
                return BufferFlux.read(
                        ByteSources.channel(() -> {
                                    Device device = opener.call();
                                    return device == null ? null : new Channel(device);
                                })
                                .chunkSize(chunk),
                        test.pool);
            }
        },
        ASYNCHRONOUS {
            @Override
            BufferFlux over(Callable<Device> opener, FluxTest test, int chunk) {
                return BufferFlux.read(
                        ByteSources.asynchronousChannel(() -> {
                                    Device device = opener.call();
                                    return device == null ? null : asynchronous(device);
                                })
                                .chunkSize(chunk),
                        test.pool);
            }
        };

        abstract BufferFlux over(Callable<Device> opener, FluxTest test, int chunk);
    }

    private static final class Stream extends InputStream {

        private final Device device;

        Stream(Device device) {
            this.device = device;
        }

        @Override
        public int read() {
            throw new AssertionError("one byte at a time");
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            byte[] read = readOrThrow(device, length);
            if (read != null) {
                System.arraycopy(read, 0, target, offset, read.length);
            }
            return read == null ? -1 : read.length;
        }

        @Override
        public void close() throws IOException {
            device.close();
        }
    }

    private record Channel(Device device) implements ReadableByteChannel {

        @Override
        public int read(ByteBuffer target) throws IOException {
            byte[] read = readOrThrow(device, target.remaining());
            if (read == null) {
                return -1;
            }
            target.put(read);
            return read.length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() throws IOException {
            device.close();
        }
    }

    private static AsynchronousByteChannel asynchronous(Device device) {
        return new AsynchronousFake(ForkJoinPool.commonPool()) {
            @Override
            int transfer(ByteBuffer target) throws Exception {
                byte[] read = device.read(target.remaining());
                if (read == null) {
                    return -1;
                }
                target.put(read);
                return read.length;
            }

            @Override
            public void close() throws IOException {
                super.close();
                device.close();
            }
        };
    }

    private static byte[] readOrThrow(Device device, int most) throws IOException {
        try {
            return device.read(most);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @EnumSource
    void whatOneReadBringsIsEmitted(Kind kind) {
        List<String> reads = new ArrayList<>(List.of("a", "bcd", "e"));
        StepVerifier.create(kind.over(() -> most -> reads.isEmpty() ? null : bytes(reads.remove(0)), this, 1000)
                        .map(FluxTest::text))
                .expectNext("a", "bcd", "e")
                .verifyComplete();
    }

    @ParameterizedTest
    @EnumSource
    void oneReadIsAskedForOneChunkAtMost(Kind kind) {
        AtomicInteger most = new AtomicInteger();
        AtomicInteger left = new AtomicInteger(10);
        kind.over(
                        () -> asked -> {
                            most.accumulateAndGet(asked, Math::max);
                            return left.getAndDecrement() > 0 ? new byte[1] : null;
                        },
                        this,
                        100)
                .consume(PooledBuffer::length)
                .blockLast(LIMIT);
        assertThat(most).hasValue(100);
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsAskedAgainLater(Kind kind) {
        List<Long> reads = new CopyOnWriteArrayList<>();
        List<Long> inUse = new CopyOnWriteArrayList<>();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        kind.over(
                        () -> most -> {
                            reads.add(System.nanoTime());
                            inUse.add(pool.stats().buffersInUse());
                            return switch (reads.size()) {
                                case 1, 2 -> new byte[0];
                                case 3 -> new byte[5];
                                default -> null;
                            };
                        },
                        this,
                        100)
                .subscribe(subscriber);
        subscriber.requestUnbounded();
        eventually(() -> subscriber.hasEnded());
        assertThat(subscriber.received).hasValue(1);
        assertThat(reads).hasSize(4);
        assertThat(reads.get(1) - reads.get(0)).isGreaterThanOrEqualTo(SourceOfReads.PAUSE_NANOS);
        assertThat(reads.get(2) - reads.get(1)).isGreaterThanOrEqualTo(SourceOfReads.PAUSE_NANOS);
        assertThat(inUse).as("buffers, the subscriber's included").containsExactly(1L, 1L, 1L, 2L);
        subscriber.releaseAll();
    }

    @ParameterizedTest
    @EnumSource
    void openingFails(Kind kind) {
        StepVerifier.create(kind.over(
                        () -> {
                            throw new Exception("no such thing");
                        },
                        this,
                        10))
                .verifyErrorMessage("no such thing");
    }

    @ParameterizedTest
    @EnumSource
    void openingGivesNull(Kind kind) {
        StepVerifier.create(kind.over(() -> null, this, 10)).verifyError(NullPointerException.class);
    }

    @ParameterizedTest
    @EnumSource
    void readingFailsInTheMiddle(Kind kind) {
        AtomicInteger reads = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        StepVerifier.create(kind.over(
                                () -> device(closed, most -> {
                                    if (reads.getAndIncrement() == 2) {
                                        throw new IOException("reset by peer");
                                    }
                                    return new byte[3];
                                }),
                                this,
                                10)
                        .consume(PooledBuffer::length))
                .expectNext(3, 3)
                .verifyErrorSatisfies(error ->
                        assertThat(error).isInstanceOf(IOException.class).hasMessage("reset by peer"));
        assertThat(closed).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void closingFails(Kind kind) {
        Device device = new Device() {
            @Override
            public byte[] read(int most) {
                return null;
            }

            @Override
            public void close() throws IOException {
                throw new IOException("cannot close");
            }
        };
        StepVerifier.create(kind.over(() -> device, this, 10)).verifyErrorMessage("cannot close");
    }

    @ParameterizedTest
    @EnumSource
    void anErrorInClosingIsToldAlong(Kind kind) {
        Device device = new Device() {
            @Override
            public byte[] read(int most) throws IOException {
                throw new IOException("reset by peer");
            }

            @Override
            public void close() throws IOException {
                throw new IOException("cannot close");
            }
        };
        StepVerifier.create(kind.over(() -> device, this, 10))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .hasMessage("reset by peer")
                        .satisfies(e -> assertThat(e.getSuppressed())
                                .singleElement()
                                .satisfies(suppressed -> assertThat(suppressed).hasMessage("cannot close"))));
    }

    @ParameterizedTest
    @EnumSource
    void isClosedOnceBeforeTheEndIsTold(Kind kind) {
        AtomicInteger closed = new AtomicInteger();
        kind.over(() -> device(closed, most -> null), this, 10)
                .doOnComplete(() -> assertThat(closed).hasValue(1))
                .blockLast(LIMIT);
        assertThat(closed).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void isClosedWhenCancelled(Kind kind) {
        AtomicInteger closed = new AtomicInteger();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        kind.over(() -> device(closed, most -> new byte[1]), this, 10).subscribe(subscriber);
        subscriber.request(2);
        eventually(() -> subscriber.received.get() == 2);
        subscriber.cancel();
        eventually(() -> closed.get() >= 1);
        subscriber.releaseAll();
    }

    private static Device device(AtomicInteger closed, Device reading) {
        return new Device() {
            @Override
            public byte[] read(int most) throws Exception {
                return reading.read(most);
            }

            @Override
            public void close() {
                closed.incrementAndGet();
            }
        };
    }

    /** Nothing can end it but the stream itself; then nothing is left. */
    @Test
    void aStreamThatHangsIsClosedWhenItReturns() {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger closed = new AtomicInteger();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        Kind.STREAM
                .over(
                        () -> device(closed, most -> {
                            reading.countDown();
                            go.await();
                            return new byte[1];
                        }),
                        this,
                        10)
                .subscribe(subscriber);
        subscriber.request(1);
        eventually(() -> reading.getCount() == 0);
        subscriber.cancel();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThat(closed).hasValue(0);
        go.countDown();
        eventually(() -> closed.get() == 1);
        nothingInFlight();
        assertThat(subscriber.received).hasValue(0);
        assertThat(subscriber.hasEnded()).isFalse();
    }

    /** The rounds meet the read before, while and after it blocks. */
    @Test
    void cancellingEndsAReadOfAnInterruptibleChannel() throws IOException {
        for (int round = 0; round < 300; round++) {
            Pipe pipe = Pipe.open();
            HoldingSubscriber subscriber = new HoldingSubscriber();
            CountDownLatch opened = new CountDownLatch(1);
            BufferFlux.read(
                            ByteSources.channel(() -> {
                                        opened.countDown();
                                        return pipe.source();
                                    })
                                    .chunkSize(100),
                            pool)
                    .subscribe(subscriber);
            eventually(() -> opened.getCount() == 0);
            RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel);
            nothingInFlight();
            eventually(() -> !pipe.source().isOpen());
            assertThat(subscriber.hasEnded()).isFalse();
            pipe.sink().close();
        }
    }

    @Test
    void aReadThatBlocksIsEnded() throws IOException {
        Pipe pipe = Pipe.open();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.channel(pipe::source).chunkSize(100), pool).subscribe(subscriber);
        subscriber.request(2);
        pipe.sink().write(ByteBuffer.wrap(new byte[10]));
        eventually(() -> subscriber.received.get() == 1 && pool.stats().buffersInUse() == 2);
        subscriber.cancel();
        eventually(() -> pool.stats().buffersInUse() == 1);
        subscriber.releaseAll();
        pipe.sink().close();
    }

    @Test
    void aBadRequestEndsAReadThatBlocks() throws IOException {
        Pipe pipe = Pipe.open();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        AtomicReference<org.reactivestreams.Subscription> raw = new AtomicReference<>();
        BufferFlux.read(ByteSources.channel(pipe::source).chunkSize(100), pool)
                .subscribe(ReadChannelTest.around(subscriber, raw));
        raw.get().request(1);
        eventually(() -> pool.stats().buffersInUse() == 1);
        raw.get().request(-1);
        eventually(subscriber::hasEnded);
        assertThat(subscriber.error).isInstanceOf(IllegalArgumentException.class);
        pipe.sink().close();
    }

    /** {@code BaseSubscriber} keeps bad requests to itself. */
    private static reactor.core.CoreSubscriber<PooledBuffer> around(
            HoldingSubscriber subscriber, AtomicReference<org.reactivestreams.Subscription> raw) {
        return new reactor.core.CoreSubscriber<>() {
            @Override
            public void onSubscribe(org.reactivestreams.Subscription s) {
                raw.set(s);
                subscriber.onSubscribe(s);
            }

            @Override
            public void onNext(PooledBuffer buffer) {
                subscriber.onNext(buffer);
            }

            @Override
            public void onError(Throwable error) {
                subscriber.onError(error);
            }

            @Override
            public void onComplete() {
                subscriber.onComplete();
            }
        };
    }

    @Test
    void aChannelInNonBlockingModeIsPolled() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.channel(pipe::source).chunkSize(100), pool).subscribe(subscriber);
        subscriber.requestUnbounded();
        pipe.sink().write(ByteBuffer.wrap(new byte[10]));
        eventually(() -> subscriber.received.get() == 1);
        pipe.sink().close();
        eventually(() -> subscriber.completions.get() == 1);
        subscriber.releaseAll();
    }

    @Test
    void anInterruptedThreadIsAnError() {
        Scheduler scheduler = Schedulers.newSingle("reader");
        AtomicReference<Thread> reader = new AtomicReference<>();
        StepVerifier.create(BufferFlux.read(
                        ByteSources.channel(() -> {
                                    reader.set(Thread.currentThread());
                                    return Pipe.open().source();
                                })
                                .chunkSize(10)
                                .on(scheduler),
                        pool))
                .then(() -> eventually(() -> pool.stats().buffersInUse() == 1))
                .then(() -> reader.get().interrupt())
                .verifyError(java.nio.channels.ClosedByInterruptException.class);
        scheduler.dispose();
    }

    @Test
    void whatAnAsynchronousChannelThrowsAtOnceIsAnError() {
        for (RuntimeException thrown : List.of(new NotYetConnectedException(), new ShutdownChannelGroupException())) {
            AsynchronousFake refusing = new AsynchronousFake(command -> {
                throw thrown;
            });
            StepVerifier.create(BufferFlux.read(
                            ByteSources.asynchronousChannel(() -> refusing).chunkSize(10), pool))
                    .verifyErrorSatisfies(error -> assertThat(error).isSameAs(thrown));
            assertThat(refusing.closed).hasValue(1);
        }
    }

    @Test
    void anAsynchronousChannelHoldsItsBufferUntilItAnswers() {
        AsynchronousFake silent = new AsynchronousFake(Runnable::run) {
            @Override
            public void close() {
                closed.incrementAndGet(); // and does not answer
            }
        };
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.read(ByteSources.asynchronousChannel(() -> silent).chunkSize(10), pool)
                .subscribe(subscriber);
        subscriber.request(1);
        assertThat(silent.began).hasValue(1);
        subscriber.cancel();
        assertThat(silent.closed).hasPositiveValue();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        silent.abort();
    }

    @Test
    void cancellingEndsAnAsynchronousRead() {
        for (int round = 0; round < 300; round++) {
            AsynchronousFake silent = new AsynchronousFake(ForkJoinPool.commonPool());
            HoldingSubscriber subscriber = new HoldingSubscriber();
            BufferFlux.read(ByteSources.asynchronousChannel(() -> silent).chunkSize(10), pool)
                    .subscribe(subscriber);
            RaceTestUtils.race(() -> subscriber.request(1), subscriber::cancel);
            nothingInFlight();
            eventually(() -> silent.closed.get() > 0);
            assertThat(subscriber.hasEnded()).isFalse();
        }
    }

    @Test
    void readsAndWritesSockets() throws Exception {
        byte[] content = content(300_000);
        var group = java.nio.channels.AsynchronousChannelGroup.withThreadPool(Executors.newFixedThreadPool(2));
        try (var server = AsynchronousServerSocketChannel.open(group)
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            var accepted = server.accept();
            try (var client = AsynchronousSocketChannel.open(group)) {
                client.connect(server.getLocalAddress()).get();
                var received = BufferFlux.read(
                                ByteSources.asynchronousChannel(accepted::get).chunkSize(4096), pool)
                        .join(1 << 20)
                        .map(FluxTest::bytes)
                        .toFuture();
                assertThat(BufferFlux.read(ByteSources.bytes(content).chunkSize(1000), pool)
                                .writeTo(ByteSinks.asynchronousChannel(client))
                                .block(LIMIT))
                        .isEqualTo(300_000);
                client.shutdownOutput();
                assertThat(received.get()).isEqualTo(content);
            }
        } finally {
            group.shutdownNow();
        }
    }

    @Test
    void aStreamIsReadOnTheGivenScheduler() {
        Scheduler scheduler = Schedulers.newSingle("reader");
        List<String> threads = new ArrayList<>();
        InputStream stream = new FilterInputStream(new ByteArrayInputStream(new byte[100])) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                threads.add(Thread.currentThread().getName());
                return super.read(target, offset, length);
            }

            @Override
            public void close() {
                threads.add(Thread.currentThread().getName());
            }
        };
        BufferFlux.read(ByteSources.stream(() -> stream).chunkSize(50).on(scheduler), pool)
                .consume(PooledBuffer::length)
                .blockLast(LIMIT);
        scheduler.dispose();
        assertThat(threads).hasSize(4).allMatch(name -> name.startsWith("reader"));
    }

    @Test
    void aClosedChannelIsAnError() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.source().close();
        pipe.sink().close();
        StepVerifier.create(BufferFlux.read(ByteSources.channel(pipe::source).chunkSize(10), pool))
                .verifyError(ClosedChannelException.class);
    }
}
