package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterMethod;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK on what is received: every other frame lies in the pool. */
public class ReceiveTckTest extends PublisherVerification<PooledBuffer> {

    private final BufferPool pool = BufferPool.builder().maxBytes(16 << 20).build();

    public ReceiveTckTest() {
        super(new TestEnvironment(300, 50), 300);
    }

    @AfterMethod
    public void nothingInFlight() {
        StreamTest.atRest(pool);
    }

    @Override
    public long maxElementsFromPublisher() {
        return Integer.MAX_VALUE;
    }

    @Override
    public Publisher<PooledBuffer> createPublisher(long elements) {
        return releasing(
                Flux.range(0, (int) Math.min(elements, Integer.MAX_VALUE)).map(this::frame));
    }

    @Override
    public Publisher<PooledBuffer> createFailedPublisher() {
        return releasing(Flux.error(new IOException("gone")));
    }

    private ByteBuf frame(int number) {
        byte[] content = {(byte) number};
        return number % 2 == 0 ? StreamTest.pooled(pool, content) : StreamTest.foreign(content);
    }

    /** Frames are released when their onNext returns, as reactor-netty does it. */
    private Publisher<PooledBuffer> releasing(Flux<ByteBuf> frames) {
        return NettyBuffers.receive(new ReleasedFrames(frames), pool).doOnNext(PooledBuffer::release);
    }
}
