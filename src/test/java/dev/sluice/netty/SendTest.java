package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferReleasedException;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.blockhound.BlockingOperationError;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

/** What is on its way to Netty, and when it comes back. */
class SendTest extends StreamTest {

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Netty netty = new Netty();

    /** An error that comes after a cancellation is dropped, as Reactor does it. */
    @BeforeEach
    void ignoreDroppedErrors() {
        Hooks.onErrorDropped(error -> {});
    }

    @AfterEach
    void resetDroppedErrors() {
        Hooks.resetOnErrorDropped();
        channel.finishAndReleaseAll();
    }

    /** Holds what it is to write, as Netty does until the socket takes it. */
    private static final class Netty extends BaseSubscriber<ByteBuf> {

        final Queue<ByteBuf> written = new ConcurrentLinkedQueue<>();
        final AtomicInteger ends = new AtomicInteger();
        final AtomicInteger got = new AtomicInteger();
        volatile Throwable error;
        volatile long atOnce = 128;
        volatile boolean closed;

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(atOnce);
        }

        @Override
        protected void hookOnNext(ByteBuf bytes) {
            got.incrementAndGet();
            written.add(bytes);
            if (closed) {
                release(Integer.MAX_VALUE);
            }
        }

        @Override
        protected void hookOnComplete() {
            ends.incrementAndGet();
        }

        @Override
        protected void hookOnError(Throwable thrown) {
            error = thrown;
            ends.incrementAndGet();
        }

        void release(int most) {
            for (int i = 0; i < most; i++) {
                ByteBuf bytes = written.poll();
                if (bytes == null) {
                    return;
                }
                bytes.release();
            }
        }

        void close() {
            closed = true;
            cancel();
            release(Integer.MAX_VALUE);
        }
    }

    /** Emits what the test says, whatever was asked. */
    private static final class Rude extends Flux<PooledBuffer> implements Subscription {

        CoreSubscriber<? super PooledBuffer> subscriber;

        @Override
        public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
            subscriber = actual;
            actual.onSubscribe(this);
        }

        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }

    private final AtomicLong asked = new AtomicLong();

    private void send(Flux<PooledBuffer> buffers) {
        new SendFlux<ByteBuf>(buffers.doOnRequest(asked::addAndGet), channel, (buffer, bytes) -> bytes, false)
                .subscribe(netty);
        channel.runPendingTasks();
    }

    private Flux<PooledBuffer> endless(int length) {
        return Flux.generate(sink -> sink.next(pool.acquire(length)));
    }

    private void steps(int count) {
        for (int i = 0; i < count; i++) {
            netty.release(1);
            channel.runPendingTasks();
        }
    }

    @Test
    void theWindowDependsOnTheLength() {
        send(endless(64 << 10));
        steps(20);
        assertThat(pool.stats().bytesInUse()).isLessThanOrEqualTo(SendSubscriber.WINDOW_BYTES);
        assertThat(netty.written).hasSizeBetween(2, 4);
        netty.close();
        channel.runPendingTasks();
    }

    @Test
    void atLeastTwoAndAtMostThirtyTwoAreOnTheirWay() {
        send(endless(1 << 20));
        steps(5);
        assertThat(netty.written).hasSizeBetween(1, 2);
        netty.close();
        channel.runPendingTasks();

        Netty other = new Netty();
        new SendFlux<ByteBuf>(endless(10), channel, (buffer, bytes) -> bytes, false).subscribe(other);
        for (int i = 0; i < 100; i++) {
            channel.runPendingTasks();
            assertThat(other.written).hasSizeLessThanOrEqualTo(32);
            other.release(1);
        }
        assertThat(other.got).hasValueGreaterThan(100);
        other.close();
        channel.runPendingTasks();
    }

    /** A slice of 1 KiB of a buffer of 64 KiB counts as 16 KiB. */
    @Test
    void aPartCountsAsAQuarterOfWhatItPins() {
        Flux<PooledBuffer> parts = Flux.generate(sink -> {
            try (PooledBuffer whole = pool.acquire(64 << 10)) {
                sink.next(whole.slice(0, 1 << 10));
            }
        });
        send(parts);
        steps(50);
        assertThat(netty.written).hasSizeBetween(8, 16);
        netty.close();
        channel.runPendingTasks();
    }

    @Test
    void nothingMoreIsAskedForThanIsWanted() {
        netty.atOnce = 3;
        send(endless(100));
        steps(10);
        assertThat(asked).hasValue(3);
        assertThat(netty.got).hasValue(3);
        netty.close();
        channel.runPendingTasks();
    }

    /** One who wants everything collects, and releases nothing before. */
    @Test
    void whoeverWantsEverythingGetsEverything() {
        netty.atOnce = Long.MAX_VALUE;
        send(endless(1000).take(500));
        assertThat(netty.got).hasValue(500);
        assertThat(netty.ends).hasValue(1);
        netty.release(500);
        channel.runPendingTasks();
    }

    @Test
    void noneIsFetchedWhileTheChannelIsNotWritable() {
        send(endless(100));
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.runPendingTasks();
        steps(100);
        int got = netty.got.get();
        assertThat(netty.written).isEmpty();
        steps(100);
        assertThat(netty.got).hasValue(got);
        assertThat(channel.pipeline().get(SendWritability.class)).isNotNull();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        channel.runPendingTasks();
        assertThat(netty.got).hasValueGreaterThan(got);
        netty.close();
        channel.runPendingTasks();
        assertThat(channel.pipeline().get(SendWritability.class)).isNull();
    }

    /** A release within Netty sets nothing free before Netty has returned. */
    @Test
    void nothingIsReleasedWithinTheReleaseOfNetty() {
        send(endless(100));
        long before = pool.stats().buffersInUse();
        int got = netty.got.get();
        netty.release(1);
        assertThat(pool.stats().buffersInUse()).isEqualTo(before);
        assertThat(netty.got).hasValue(got);
        netty.close();
        channel.runPendingTasks();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void emptyBuffersAreDropped() {
        send(Flux.range(0, 100).map(i -> buffer(pool, content(i % 10 == 9 ? 5 : 0))));
        steps(200);
        assertThat(netty.got).hasValue(10);
        assertThat(netty.ends).hasValue(1);
    }

    @Test
    void anErrorComesAfterWhatCameBefore() {
        send(Flux.concat(endless(100).take(40), Flux.error(new IOException("no more"))));
        steps(50);
        assertThat(netty.got).hasValue(40);
        assertThat(netty.error).hasMessage("no more");
    }

    @Test
    void aBufferThatIsReleasedAlreadyEndsTheSequence() {
        TestPublisher<PooledBuffer> source = TestPublisher.create();
        send(source.flux());
        PooledBuffer released = pool.acquire(10);
        released.release();
        source.next(released);
        channel.runPendingTasks();
        assertThat(netty.error).isInstanceOf(BufferReleasedException.class);
        source.assertCancelled();
    }

    @Test
    void whatIsQueuedIsReleasedOnCancellation() {
        TestPublisher<PooledBuffer> source = TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
        send(source.flux());
        for (int i = 0; i < 10; i++) {
            source.next(pool.acquire(10));
        }
        netty.cancel();
        assertThat(pool.stats().buffersInUse()).isZero();
        channel.runPendingTasks();
        assertThat(netty.got).hasValue(0);
    }

    @Test
    void flushesAreAskedForInTheOrderOfTheBuffers() {
        SendFlushes flushes = new SendFlushes(buffer -> buffer.length() > 5);
        new SendFlux<ByteBuf>(
                        Flux.just(3, 6, 0, 7, 2, 9).map(length -> buffer(pool, content(length))),
                        channel,
                        flushes::marked,
                        false)
                .subscribe(netty);
        channel.runPendingTasks();
        List<Boolean> flushed = new ArrayList<>();
        for (ByteBuf bytes : netty.written) {
            bytes.release();
            flushed.add(flushes.test(bytes));
        }
        channel.runPendingTasks();
        assertThat(flushed).containsExactly(false, true, true, false, true);
    }

    @Test
    void cancelAgainstEverything() throws Exception {
        MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        LocalChannel local = new LocalChannel();
        loops.register(local).sync();
        for (int round = 0; round < 1000; round++) {
            Netty writer = new Netty();
            Rude source = new Rude();
            new SendFlux<ByteBuf>(source, local, (buffer, bytes) -> bytes, false).subscribe(writer);
            int kind = round % 4;
            PooledBuffer one = pool.acquire(10);
            PooledBuffer two = pool.acquire(10);
            source.subscriber.onNext(one);
            RaceTestUtils.race(
                    () -> {
                        source.subscriber.onNext(two);
                        if (kind == 0) {
                            source.subscriber.onComplete();
                        } else if (kind == 1) {
                            source.subscriber.onError(new IOException("gone"));
                        }
                    },
                    kind == 2 ? () -> writer.release(2) : () -> writer.request(3),
                    writer::close);
            eventually(
                    () -> {
                        writer.release(2);
                        return pool.stats().buffersInUse() == 0;
                    },
                    pool::stats);
            assertThat(writer.ends).hasValueLessThanOrEqualTo(1);
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        afterTheLoopIsGone(local);
    }

    private void afterTheLoopIsGone(LocalChannel local) {
        Netty writer = new Netty();
        new SendFlux<ByteBuf>(endless(10), local, (buffer, bytes) -> bytes, false).subscribe(writer);
        assertThat(writer.error).isNotNull();
        assertThat(writer.ends).hasValue(1);
    }

    @Test
    void eventLoopsAreWatchedForBlocking() throws Exception {
        MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        assertThatThrownBy(() -> loops.submit(() -> {
                            Thread.sleep(1);
                            return true;
                        })
                        .get())
                .hasCauseInstanceOf(BlockingOperationError.class);
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
}
