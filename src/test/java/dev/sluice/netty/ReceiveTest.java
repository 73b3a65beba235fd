package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.InvalidSizeException;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.PoolClosedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.util.context.Context;

/** What becomes of frames, on one thread, with a publisher that does what the test says. */
class ReceiveTest extends StreamTest {

    private final FakeFrames frames = new FakeFrames();
    private final Holder holder = new Holder();

    private void receive() {
        received(frames).subscribe(holder);
    }

    /** After a wait, it goes on at once. */
    private BufferFlux received(FakeFrames from) {
        return BufferFlux.fromFrames("received", from, ReceiveFrames.STREAM, pool, Runnable::run);
    }

    private void exhausted(int limit) {
        pool.close();
        pool = BufferPool.builder().name("tiny").maxBytes(limit).build();
    }

    @Test
    void theMemoryOfAFrameIsPassedOnAsItIs() {
        receive();
        holder.request(1);
        PooledBuffer read = buffer(pool, content(5000));
        ByteBuf frame = Leases.of(read);
        long address = frame.memoryAddress();
        try (PooledBuffer same = read.retain()) {
            frames.emit(frame);
            PooledBuffer received = holder.held.element();
            assertThat(received.sharesMemoryWith(same)).isTrue();
        }
        PooledBuffer received = holder.held.element();
        assertThat(Unpooled.wrappedBuffer(received.byteBuffer()).memoryAddress())
                .isEqualTo(address);
        assertThat(holder.takeAll()).containsExactly(content(5000));
        assertThat(pool.stats().buffersInUse()).isZero();
        holder.cancel();
    }

    @Test
    void partsOfAFrameAreLeasesOnTheirPart() {
        receive();
        holder.request(2);
        ByteBuf read = pooled(pool, content(6000));
        frames.emit(read.readRetainedSlice(2000));
        frames.emit(read.readRetainedSlice(4000));
        read.release();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        assertThat(joined(holder.takeAll())).isEqualTo(content(6000));
        holder.cancel();
    }

    @Test
    void aForeignFrameIsCopied() {
        receive();
        holder.request(Long.MAX_VALUE);
        frames.emit(foreign(content(3000)));
        assertThat(frames.allReleased()).isTrue();
        frames.emit(foreign(content(200_000)));
        assertThat(frames.allReleased()).isTrue();
        frames.subscriber.onComplete();
        assertThat(holder.received).hasValue(1 + 4); // of at most 64 KiB
        assertThat(joined(holder.takeAll())).isEqualTo(joined(List.of(content(3000), content(200_000))));
        assertThat(holder.ends).hasValue(1);
    }

    @Test
    void aFrameOfAnotherPoolIsCopied() {
        try (BufferPool other = BufferPool.create()) {
            receive();
            holder.request(1);
            frames.emit(pooled(other, content(3000)));
            assertThat(other.stats().buffersInUse()).isZero();
            assertThat(holder.held.element().pool()).isSameAs(pool);
            assertThat(holder.takeAll()).containsExactly(content(3000));
            holder.cancel();
        }
    }

    @Test
    void emptyFramesAreSkipped() {
        receive();
        holder.request(1);
        frames.emit(Unpooled.EMPTY_BUFFER.retain());
        assertThat(frames.requested).hasValue(2);
        frames.emit(foreign(content(10)));
        assertThat(holder.takeAll()).containsExactly(content(10));
        holder.cancel();
    }

    @Test
    void aSmallPartOfALargeBufferIsCopiedOut() {
        receive();
        holder.request(3);
        ByteBuf read = pooled(pool, content(65536));
        frames.emit(read.readRetainedSlice(100));
        assertThat(holder.held.element().pinnedBytes()).isEqualTo(112);
        frames.emit(read.readRetainedSlice(8192));
        read.release();
        assertThat(pool.stats().bytesInUse()).isEqualTo(112 + 65536);
        assertThat(joined(holder.takeAll())).isEqualTo(Arrays.copyOf(content(65536), 8292));
        holder.cancel();
    }

    @Test
    void aSmallPartOfALargeBufferIsKeptWhereThereIsNoRoom() {
        exhausted(65536);
        receive();
        holder.request(1);
        ByteBuf read = pooled(pool, content(65536));
        frames.emit(read.readRetainedSlice(100));
        assertThat(holder.held.element().pinnedBytes()).isEqualTo(65536);
        read.release();
        assertThat(holder.takeAll()).containsExactly(Arrays.copyOf(content(65536), 100));
        holder.cancel();
    }

    @Test
    void oneFrameIsAskedForAtATime() {
        receive();
        assertThat(frames.requested).hasValue(0);
        holder.request(10);
        assertThat(frames.requested).hasValue(1);
        frames.emit(pooled(pool, content(2000)));
        assertThat(frames.requested).hasValue(2);
        holder.request(10);
        assertThat(frames.requested).hasValue(2);
        holder.end();
        holder.cancel();
        assertThat(frames.cancelled).isTrue();
    }

    @Test
    void nothingIsAskedForBeyondTheDemand() {
        receive();
        holder.request(2);
        frames.emit(pooled(pool, content(2000)));
        frames.emit(pooled(pool, content(2000)));
        assertThat(frames.requested).hasValue(2);
        holder.end();
        holder.cancel();
    }

    @Test
    void noMoreIsAskedForWhileAFrameWaitsForMemory() {
        exhausted(65536);
        List<PooledBuffer> taken = takeAll(pool);
        receive();
        holder.request(5);
        frames.emit(foreign(content(300)));
        assertThat(holder.received).hasValue(0);
        assertThat(frames.requested).hasValue(1);
        assertThat(pool.stats().pending()).isEqualTo(1);
        assertThat(pool.stats().demand()).isEqualTo(5);
        holder.request(100);
        assertThat(frames.requested).hasValue(1);
        assertThat(pool.stats().demand()).isEqualTo(8);
        taken.forEach(PooledBuffer::release);
        assertThat(holder.takeAll()).containsExactly(content(300));
        assertThat(frames.requested).hasValue(2);
        assertThat(pool.stats().demand()).isZero();
        holder.cancel();
    }

    /** A peer that is silent costs nothing, however much was requested. */
    @Test
    void nothingIsHeldForASilentPeer() {
        receive();
        holder.request(Long.MAX_VALUE);
        assertThat(pool.stats().allocatedBytes()).isZero();
        assertThat(pool.stats().pending()).isZero();
        assertThat(pool.stats().demand()).isZero();
        holder.cancel();
    }

    @Test
    void framesWaitInTheOrderInWhichTheyCame() {
        exhausted(65536);
        List<PooledBuffer> taken = takeAll(pool);
        Queue<Integer> order = new ConcurrentLinkedQueue<>();
        List<FakeFrames> connections =
                IntStream.range(0, 20).mapToObj(i -> new FakeFrames()).toList();
        for (int i = 0; i < 20; i++) {
            int number = i;
            received(connections.get(i)).consume(buffer -> order.add(number)).subscribe();
            connections.get(i).emit(foreign(content(64)));
        }
        assertThat(pool.stats().pending()).isEqualTo(20);
        taken.forEach(PooledBuffer::release);
        assertThat(order)
                .containsExactlyElementsOf(IntStream.range(0, 20).boxed().toList());
        connections.forEach(connection -> connection.subscriber.onComplete());
    }

    @Test
    void anErrorComesAfterWhatCameBefore() {
        exhausted(65536);
        List<PooledBuffer> taken = takeAll(pool);
        receive();
        holder.request(5);
        frames.emit(foreign(content(300)));
        frames.subscriber.onError(new IOException("gone"));
        assertThat(holder.ends).hasValue(0);
        taken.forEach(PooledBuffer::release);
        assertThat(holder.takeAll()).containsExactly(content(300));
        assertThat(holder.error).hasMessage("gone");
    }

    @Test
    void cancellingGivesUpTheTurnAndTheFrame() {
        exhausted(65536);
        List<PooledBuffer> taken = takeAll(pool);
        receive();
        holder.request(5);
        frames.emit(foreign(content(300)));
        assertThat(frames.allReleased()).isFalse();
        holder.cancel();
        assertThat(frames.allReleased()).isTrue();
        assertThat(pool.stats().pending()).isZero();
        taken.forEach(PooledBuffer::release);
    }

    @Test
    void aPoolThatIsClosedEndsTheSequence() {
        exhausted(65536);
        List<PooledBuffer> taken = takeAll(pool);
        receive();
        holder.request(5);
        frames.emit(foreign(content(300)));
        pool.close();
        assertThat(holder.error).isInstanceOf(PoolClosedException.class);
        assertThat(frames.cancelled).isTrue();
        assertThat(frames.allReleased()).isTrue();
        taken.forEach(PooledBuffer::release);
    }

    /** What lies in its memory is valid even then. */
    @Test
    void aClosedPoolStillPassesOnItsOwnFrames() {
        receive();
        holder.request(5);
        ByteBuf first = pooled(pool, content(5000));
        ByteBuf second = pooled(pool, content(65536)).writerIndex(100);
        pool.close();
        frames.emit(first);
        frames.emit(second);
        assertThat(joined(holder.takeAll()))
                .isEqualTo(joined(List.of(content(5000), Arrays.copyOf(content(65536), 100))));
        holder.cancel();
    }

    @Test
    void aFrameTooManyEndsTheSequence() {
        exhausted(65536);
        List<PooledBuffer> taken = takeAll(pool);
        receive();
        holder.request(1);
        frames.emit(foreign(content(300)));
        frames.emit(foreign(content(300)));
        frames.emit(foreign(content(300)));
        assertThat(holder.error).hasMessageContaining("more frames than were requested");
        assertThat(frames.cancelled).isTrue();
        assertThat(frames.allReleased()).isTrue();
        taken.forEach(PooledBuffer::release);
    }

    @Test
    void messagesKeepTheirBounds() {
        exhausted(400_000);
        BufferFlux.fromFrames("messages", frames, ReceiveFrames.MESSAGES, pool, Runnable::run)
                .subscribe(holder);
        holder.request(10);
        frames.emit(foreign(content(200_000)));
        frames.emit(foreign(content(0)));
        frames.emit(pooled(pool, content(7)));
        assertThat(holder.takeAll()).containsExactly(content(200_000), content(0), content(7));
        frames.emit(foreign(content(500_000)));
        assertThat(holder.error).isInstanceOf(InvalidSizeException.class);
        assertThat(frames.cancelled).isTrue();
        assertThat(frames.allReleased()).isTrue();
    }

    @Test
    void contextAndScanPassThrough() {
        Context[] seen = new Context[1];
        Flux<PooledBuffer> received = NettyBuffers.receive(
                        Flux.deferContextual(context -> {
                            seen[0] = Context.of(context);
                            return Flux.<ByteBuf>empty();
                        }),
                        pool)
                .contextWrite(Context.of("key", "value"));
        received.blockLast(LIMIT);
        assertThat(seen[0].<String>get("key")).isEqualTo("value");

        receive();
        Scannable last = Scannable.from(frames.subscriber);
        assertThat(last.scan(Scannable.Attr.PREFETCH)).isEqualTo(1);
        holder.request(3);
        assertThat(last.scan(Scannable.Attr.REQUESTED_FROM_DOWNSTREAM)).isEqualTo(3);
        assertThat(last.scan(Scannable.Attr.TERMINATED)).isFalse();
        frames.subscriber.onComplete();
        assertThat(last.scan(Scannable.Attr.TERMINATED)).isTrue();
    }

    @Test
    void aLostLeaseNamesTheSourceAndTheCheckpoint() {
        Queue<LeakReport> reports = new ConcurrentLinkedQueue<>();
        pool.close();
        pool = BufferPool.builder()
                .leakDetection(LeakDetection.EVERY)
                .onLeak(reports::add)
                .build();
        lose();
        eventually(() -> {
            System.gc();
            return reports.size() == 2;
        });
        assertThat(reports)
                .allSatisfy(report ->
                        assertThat(report.toString()).contains("NettyBuffers.receive, checkpoint(\"uploads\")"));
        pool.close();
        pool = BufferPool.create();
    }

    private void lose() {
        FakeFrames all = new FakeFrames();
        NettyBuffers.receive(all, pool).checkpoint("uploads").subscribe();
        all.emit(pooled(pool, content(5000)));
        all.emit(foreign(content(5000)));
        all.subscriber.onComplete();
        all.emitted.clear();
    }
}
