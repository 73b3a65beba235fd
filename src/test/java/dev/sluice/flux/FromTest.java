package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Fuseable;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Back from any sequence of buffers, and what is discarded above. */
class FromTest extends FluxTest {

    @Test
    void acceptsAnyPublisherOfBuffers() {
        Publisher<PooledBuffer> publisher = buffers("a", "b");
        StepVerifier.create(BufferFlux.from(publisher).map(FluxTest::text))
                .expectNext("a", "b")
                .verifyComplete();
        StepVerifier.create(BufferFlux.from(buffers("c")).map(FluxTest::text))
                .expectNext("c")
                .verifyComplete();
        StepVerifier.create(
                        BufferFlux.from(Mono.fromSupplier(() -> buffer("d"))).map(FluxTest::text))
                .expectNext("d")
                .verifyComplete();
        StepVerifier.create(BufferFlux.from(BufferMono.acquire(pool, 5)).consume(PooledBuffer::length))
                .expectNext(5)
                .verifyComplete();
    }

    @Test
    void stillOffersWhatFluxOffersForOtherElements() {
        Flux<String> strings = BufferFlux.from(Mono.just("text"));
        StepVerifier.create(strings).expectNext("text").verifyComplete();
    }

    @Test
    void returnsABufferFluxAsItIs() throws IOException {
        BufferFlux read = BufferFlux.read(file(1), pool);
        assertThat(BufferFlux.from(read)).isSameAs(read);
        assertThatNullPointerException().isThrownBy(() -> BufferFlux.from((Flux<PooledBuffer>) null));
    }

    @Test
    void releasesWhatIsDiscardedAbove() {
        BufferFlux odd = BufferFlux.from(
                buffers("1", "2", "3", "4").filter(buffer -> buffer.byteBuffer().get(0) == '3'));
        StepVerifier.create(odd.map(FluxTest::text)).expectNext("3").verifyComplete();
    }

    @Test
    void releasesWhatIsQueuedAboveWhenCancelled() {
        TestPublisher<PooledBuffer> source = TestPublisher.create();
        HoldingSubscriber subscriber = new HoldingSubscriber();
        BufferFlux.from(source.flux().publishOn(Schedulers.parallel())).subscribe(subscriber);
        source.next(buffer("1"), buffer("2"), buffer("3"));
        subscriber.request(1);
        eventually(() -> subscriber.received.get() == 1);
        subscriber.cancel();
        subscriber.releaseAll();
        nothingInFlight();
    }

    @Test
    void keepsTheHooksThatAreSetBelow() {
        AtomicInteger discarded = new AtomicInteger();
        BufferFlux.from(buffers("1", "2").filter(buffer -> false))
                .doOnDiscard(PooledBuffer.class, buffer -> discarded.incrementAndGet())
                .blockLast(LIMIT);
        assertThat(discarded).hasValue(2);
    }

    @Test
    void keepsFusion() {
        Flux<PooledBuffer> queued = buffers("1", "2", "3").publishOn(Schedulers.immediate());
        assertThat(BufferFlux.from(queued)).isInstanceOf(Fuseable.class);
        StepVerifier.create(BufferFlux.from(queued).map(FluxTest::text))
                .expectFusion(Fuseable.ASYNC)
                .expectNext("1", "2", "3")
                .verifyComplete();
    }

    @Test
    void isABufferFluxUnderAssemblyHooks() {
        Hooks.onOperatorDebug();
        try {
            StepVerifier.create(BufferFlux.from(buffers("1", "2")).map(FluxTest::text))
                    .expectNext("1", "2")
                    .verifyComplete();
        } finally {
            Hooks.resetOnOperatorDebug();
        }
    }

    @Test
    void canBeScanned() {
        Flux<PooledBuffer> source = buffers("1").publishOn(Schedulers.immediate(), 3);
        BufferFlux from = BufferFlux.from(source);
        assertThat(Scannable.from(from).parents().map(Object::toString)).contains(source.toString());
        assertThat(Scannable.from(from).scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.SYNC);
    }
}
