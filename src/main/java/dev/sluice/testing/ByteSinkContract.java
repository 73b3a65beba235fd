package dev.sluice.testing;

import static dev.sluice.testing.ByteSourceContract.check;
import static dev.sluice.testing.ByteSourceContract.verify;
import static dev.sluice.testing.Messages.message;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What a {@link ByteSink} promises, as tests of JUnit 5: extend it, and the tests run over your sink.
 *
 * <p>Every test ends on nothing in flight, and on each sink either committed or aborted, exactly once. What a sink has
 * written is overwritten at once, so that a sink that keeps a buffer writes something else.
 */
public abstract class ByteSinkContract {

    private final BufferPool pool =
            BufferPool.builder().name("contract").maxBytes(16 << 20).build();

    /** Made by the class that extends this. */
    protected ByteSinkContract() {}

    /**
     * Makes a sink. Called once in each test; what the sink was opened for before, is to be forgotten.
     *
     * @return opens the sink; perhaps never, and only once
     * @throws Exception if the place that the sink writes to cannot be made
     */
    protected abstract ByteSink.Opener sink() throws Exception;

    /**
     * Reads what the last {@linkplain #sink() sink} has written.
     *
     * @return the bytes, in order
     * @throws Exception if they cannot be read
     */
    protected abstract byte[] written() throws Exception;

    /**
     * How long a test waits for what should happen soon.
     *
     * @return the time; 10 seconds by default
     */
    protected Duration limit() {
        return Duration.ofSeconds(10);
    }

    /**
     * Where the sink is opened and written to.
     *
     * @return the scheduler; {@link Schedulers#boundedElastic()} by default
     */
    protected Scheduler scheduler() {
        return Schedulers.boundedElastic();
    }

    @AfterEach
    void nothingIsInFlight() {
        PoolVerifier.that(pool).isAtRest(limit());
        pool.close();
    }

    @Test
    void writesBuffersOfAnyLength() throws Exception {
        byte[] content = ByteSourceContract.content(300_000);
        writes(content, buffers(content, 5000));
    }

    @Test
    void writesManySmallBuffers() throws Exception {
        byte[] content = ByteSourceContract.content(5000);
        writes(content, buffers(content, 10));
    }

    @Test
    void writesBuffersThatComeLate() throws Exception {
        byte[] content = ByteSourceContract.content(5000);
        writes(content, buffers(content, 500).publishOn(Schedulers.parallel(), 1));
    }

    @Test
    void nothingIsWrittenAndCommitted() throws Exception {
        writes(new byte[0], Flux.empty());
    }

    private void writes(byte[] content, Flux<PooledBuffer> buffers) throws Exception {
        ContractSink.Watch sink = new ContractSink.Watch(sink());
        ContractSubscriber<Long> subscriber = subscribe(BufferFlux.from(buffers), sink);
        check(
                subscriber.awaitCompletion().values().contains((long) content.length),
                message("%,d bytes were written, and %s counted", content.length, subscriber.values()));
        check(sink.committed() == 1, "not committed: " + sink);
        ended(sink);
        verify(content, written());
    }

    @Test
    void aFailureOfTheSourceAborts() throws Exception {
        byte[] content = ByteSourceContract.content(50_000);
        for (int after : new int[] {0, 1, 20}) {
            ContractSink.Watch sink = new ContractSink.Watch(sink());
            IOException gone = new IOException("the source is gone");
            ContractSubscriber<Long> subscriber =
                    subscribe(BufferFlux.from(Flux.concat(buffers(content, 500).take(after), Mono.error(gone))), sink);
            check(subscriber.awaitError() == gone, "not the error of the source: " + subscriber.error());
            ended(sink);
            check(sink.committed() == 0, "committed though the source failed: " + sink);
        }
    }

    @Test
    void cancellingAborts() throws Exception {
        byte[] content = ByteSourceContract.content(50_000);
        for (int after : new int[] {0, 1, 20}) {
            ContractSink.Watch sink = new ContractSink.Watch(sink());
            Flux<PooledBuffer> some = buffers(content, 500).take(after);
            ContractSubscriber<Long> subscriber = subscribe(BufferFlux.from(Flux.concat(some, Mono.never())), sink);
            ContractSubscriber.await(limit(), () -> pool.stats().buffersInUse() == 0, "buffers are not released");
            subscriber.cancel();
            ended(sink);
            check(sink.committed() == 0, "committed though it was cancelled: " + sink);
            PoolVerifier.that(pool).isAtRest(limit());
        }
    }

    @Test
    void cancelledBeforeItWasOpened() throws Exception {
        ContractSink.Watch sink = new ContractSink.Watch(sink());
        ContractSubscriber<Long> subscriber = new ContractSubscriber<>(limit());
        BufferFlux.from(buffers(new byte[100], 10))
                .writeTo(sink.on(scheduler()))
                .subscribe(subscriber);
        subscriber.cancel();
        ended(sink);
        check(sink.committed() == 0, "committed though it was cancelled: " + sink);
    }

    private ContractSubscriber<Long> subscribe(BufferFlux source, ContractSink.Watch sink) {
        ContractSubscriber<Long> subscriber = new ContractSubscriber<>(limit());
        source.writeTo(sink.on(scheduler())).subscribe(subscriber);
        subscriber.requestUnbounded();
        return subscriber;
    }

    private void ended(ContractSink.Watch sink) {
        ContractSubscriber.await(limit(), sink::haveAllEnded, "a sink has not ended: " + sink);
        sink.verify();
    }

    /** Made as they are requested; some are empty. */
    private Flux<PooledBuffer> buffers(byte[] content, int longest) {
        Random random = new Random(content.length);
        return Flux.generate(() -> ByteBuffer.wrap(content), (left, emitter) -> {
            if (!left.hasRemaining()) {
                emitter.complete();
                return left;
            }
            int length = Math.min(left.remaining(), random.nextInt(longest + 1));
            PooledBuffer buffer = pool.acquire(Math.max(1, length)).resize(length);
            buffer.byteBuffer().put(left.slice().limit(length));
            left.position(left.position() + length);
            emitter.next(buffer);
            return left;
        });
    }
}
