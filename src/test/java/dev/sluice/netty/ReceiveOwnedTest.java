package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.test.StepVerifier;

/** Frames that belong to the sequence are released by it, whatever becomes of them. */
class ReceiveOwnedTest extends StreamTest {

    private final Queue<ByteBuf> frames = new ConcurrentLinkedQueue<>();

    @AfterEach
    void allAreReleased() {
        eventually(() -> frames.stream().allMatch(frame -> frame.refCnt() == 0));
    }

    private ByteBuf frame(int number) {
        ByteBuf frame = number % 2 == 0 ? foreign(content(100)) : pooled(pool, content(5000));
        frames.add(frame);
        return frame;
    }

    private Flux<ByteBuf> frames(int count) {
        return Flux.range(0, count).map(this::frame);
    }

    @Test
    void theirBytesComeInOrder() {
        List<byte[]> parts = NettyBuffers.receiveOwned(frames(4), pool)
                .consume(PooledBuffer::toByteArray)
                .collectList()
                .block(LIMIT);
        assertThat(parts).containsExactly(content(100), content(5000), content(100), content(5000));
    }

    @Test
    void whatOperatorsAboveDiscardIsReleased() {
        Flux<ByteBuf> some = frames(10).filter(frame -> frame.readableBytes() < 1000);
        StepVerifier.create(NettyBuffers.receiveOwned(some, pool).consume(PooledBuffer::length))
                .expectNext(100, 100, 100, 100, 100)
                .verifyComplete();
    }

    @Test
    void whatComesAfterTheCancellationIsReleased() {
        List<Subscriber<? super ByteBuf>> late = new ArrayList<>();
        Publisher<ByteBuf> careless = subscriber -> {
            late.add(subscriber);
            subscriber.onSubscribe(Operators.emptySubscription());
        };
        NettyBuffers.receiveOwned(careless, pool)
                .consume(PooledBuffer::length)
                .subscribe()
                .dispose();
        late.get(0).onNext(frame(0));
        late.get(0).onNext(frame(1));
    }

    @Test
    void whatAReaderThrowsAtIsReleased() {
        StepVerifier.create(NettyBuffers.receiveOwned(frames(3), pool).consume(buffer -> {
                    throw new IllegalStateException("no");
                }))
                .verifyErrorMessage("no");
    }
}
