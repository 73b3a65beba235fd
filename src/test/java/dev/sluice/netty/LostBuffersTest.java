package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** What an adapter hands out, and a subscriber keeps until both are garbage, is found. */
class LostBuffersTest extends StreamTest {

    private static final int BUFFERS = 4;

    private enum Adapter {
        RECEIVE(pool -> {
            FakeFrames frames = new FakeFrames();
            NettyBuffers.receive(frames, pool).subscribe(new Keeper<>(Long.MAX_VALUE));
            for (int i = 0; i < BUFFERS; i++) {
                frames.emit(pooled(pool, content(5000)));
            }
        }),
        RECEIVE_THROUGH_A_STAGE(pool -> {
            FakeFrames frames = new FakeFrames();
            NettyBuffers.receive(frames, pool).takeBytes(1 << 20).subscribe(new Keeper<>(Long.MAX_VALUE));
            for (int i = 0; i < BUFFERS; i++) {
                frames.emit(pooled(pool, content(5000)));
            }
        }),
        RECEIVE_OWNED(pool -> NettyBuffers.receiveOwned(
                        Flux.range(0, BUFFERS).map(i -> pooled(pool, content(5000))), pool)
                .subscribe(new Keeper<>(Long.MAX_VALUE))),
        RECEIVE_MESSAGES(pool -> {
            FakeFrames frames = new FakeFrames();
            BufferFlux.fromFrames("messages", frames, ReceiveFrames.MESSAGES, pool, Runnable::run)
                    .subscribe(new Keeper<>(Long.MAX_VALUE));
            for (int i = 0; i < BUFFERS; i++) {
                frames.emit(foreign(content(5000)));
            }
        }),
        SEND(pool -> send(pool, 128)),
        SEND_WITHOUT_BOUND(pool -> send(pool, Long.MAX_VALUE)),
        WRAP(pool -> {
            for (int i = 0; i < BUFFERS; i++) {
                NettyBuffers.wrap(pool.acquire(5000));
            }
        }),
        SHARE(pool -> {
            for (int i = 0; i < BUFFERS; i++) {
                ByteBuf frame = pooled(pool, content(5000));
                NettyBuffers.share(frame, pool);
                frame.release();
            }
        });

        final Consumer<BufferPool> losing;

        Adapter(Consumer<BufferPool> losing) {
            this.losing = losing;
        }
    }

    private static void send(BufferPool pool, long demand) {
        EmbeddedChannel channel = new EmbeddedChannel();
        new SendFlux<ByteBuf>(
                        Flux.range(0, BUFFERS)
                                .map(i -> buffer(pool, content(5000)))
                                .concatWith(Flux.never()),
                        channel,
                        (buffer, bytes) -> bytes,
                        false)
                .subscribe(new Keeper<>(demand));
        channel.runPendingTasks();
    }

    /** Keeps what it gets, as reactor-netty's collectors do. */
    private static final class Keeper<T> extends BaseSubscriber<T> {

        private final List<T> kept = new ArrayList<>();
        private final long demand;

        Keeper(long demand) {
            this.demand = demand;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(demand);
        }

        @Override
        protected void hookOnNext(T element) {
            kept.add(element);
        }
    }

    @ParameterizedTest
    @EnumSource(Adapter.class)
    void areFound(Adapter adapter) {
        Queue<LeakReport> reports = new ConcurrentLinkedQueue<>();
        pool.close();
        BufferPool watched = BufferPool.builder()
                .name("watched")
                .maxBytes(1 << 20)
                .leakDetection(LeakDetection.EVERY)
                .onLeak(reports::add)
                .build();
        adapter.losing.accept(watched);
        eventually(
                () -> {
                    System.gc();
                    return watched.stats().buffersInUse() == 0 && reports.size() >= BUFFERS;
                },
                () -> watched.stats() + " " + reports);
        assertThat(watched.stats().bytesInUse()).isZero();
        watched.close();
    }
}
