package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.util.context.Context;

/** A function sees each buffer, which is released when it returns. */
class ConsumeTest extends FluxTest {

    @Test
    void releasesBeforeTheResultIsEmitted() {
        StepVerifier.create(BufferFlux.from(buffers("ab", "c"))
                        .consume(PooledBuffer::length)
                        .doOnNext(length ->
                                assertThat(pool.stats().buffersInUse()).isZero()))
                .expectNext(2, 1)
                .verifyComplete();
    }

    @Test
    void theBufferIsAliveWithinTheFunction() {
        List<PooledBuffer> seen = new ArrayList<>();
        BufferFlux.from(buffers("ab"))
                .consume(buffer -> {
                    assertThat(buffer.isReleased()).isFalse();
                    return seen.add(buffer);
                })
                .blockLast(LIMIT);
        assertThat(seen).singleElement().matches(PooledBuffer::isReleased);
    }

    @Test
    void aFunctionThatThrowsCancelsTheSource() {
        TestPublisher<PooledBuffer> source = TestPublisher.create();
        StepVerifier.create(BufferFlux.from(source).consume(buffer -> {
                    throw new IllegalStateException("no " + buffer.length());
                }))
                .then(() -> source.next(buffer("abc")))
                .verifyErrorMessage("no 3");
        source.assertCancelled();
    }

    @Test
    void aFunctionThatThrowsAFatalErrorReleasesToo() {
        PooledBuffer buffer = buffer("abc");
        try {
            BufferFlux.from(Flux.just(buffer))
                    .consume(b -> {
                        throw new LinkageError("fatal");
                    })
                    .subscribe();
        } catch (LinkageError e) {
            assertThat(e).hasMessage("fatal");
        }
        assertThat(buffer.isReleased()).isTrue();
    }

    @Test
    void aNullResultEmitsNothingAndIsMadeUpFor() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        StepVerifier.create(
                        BufferFlux.read(file(100), pool, 10).consume(buffer -> {
                            int call = calls.incrementAndGet();
                            return call % 3 == 0 ? call : null;
                        }),
                        0)
                .thenRequest(1)
                .expectNext(3)
                .thenRequest(1)
                .expectNext(6)
                .thenRequest(5)
                .expectNext(9)
                .verifyComplete();
    }

    @Test
    void aConditionalSubscriberIsAskedAndAnswered() {
        StepVerifier.create(BufferFlux.from(buffers("1", "22", "3", "44"))
                        .consume(PooledBuffer::length)
                        .filter(length -> length == 2)
                        .map(length -> length * 10))
                .expectNext(20, 20)
                .verifyComplete();
    }

    @Test
    void errorsPassThrough() {
        StepVerifier.create(BufferFlux.from(Flux.concat(buffers("1"), Flux.error(new IOException("gone"))))
                        .consume(PooledBuffer::length))
                .expectNext(1)
                .verifyErrorMessage("gone");
    }

    @Test
    void aSourceThatGoesOnAfterTheEndIsReleasedAndIgnored() {
        TestPublisher<PooledBuffer> source =
                TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
        StepVerifier.create(BufferFlux.from(source).consume(PooledBuffer::length))
                .then(() -> source.next(buffer("1"))
                        .complete()
                        .next(buffer("2"))
                        .complete()
                        .error(new IOException("late")))
                .expectNext(1)
                .expectComplete()
                .verifyThenAssertThat()
                .hasDroppedErrorWithMessage("late");
    }

    @Test
    void cancellationAndContextPassThrough() {
        TestPublisher<PooledBuffer> source = TestPublisher.create();
        List<String> seen = new ArrayList<>();
        Flux<Integer> lengths = BufferFlux.from(source.flux().transformDeferredContextual((flux, context) -> {
                    seen.add(context.get("key"));
                    return flux;
                }))
                .consume(PooledBuffer::length)
                .contextWrite(Context.of("key", "value"));
        StepVerifier.create(lengths)
                .then(() -> source.next(buffer("12")))
                .expectNext(2)
                .thenCancel()
                .verify();
        source.assertCancelled();
        assertThat(seen).containsExactly("value");
    }

    @Test
    void canBeScanned() throws IOException {
        BufferFlux read = BufferFlux.read(file(10), pool);
        Flux<Integer> lengths = read.consume(PooledBuffer::length);
        assertThat(Scannable.from(lengths).scan(Scannable.Attr.PARENT)).isSameAs(read);
        assertThat(Scannable.from(lengths).scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.SYNC);
        lengths.doOnSubscribe(s -> {
                    Scannable subscriber = Scannable.from(s);
                    assertThat(subscriber.scan(Scannable.Attr.PARENT)).isNotNull();
                    assertThat(subscriber.scan(Scannable.Attr.ACTUAL)).isNotNull();
                    assertThat(subscriber.scan(Scannable.Attr.TERMINATED)).isFalse();
                })
                .blockLast(LIMIT);
    }
}
