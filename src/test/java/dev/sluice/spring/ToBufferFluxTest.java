package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolClosedException;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.WaitPolicy;
import dev.sluice.netty.NettyBuffers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.core.io.buffer.PooledDataBuffer;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.util.RaceTestUtils;

/** From data buffers to leases: whose memory, how many at a time, and who releases at each end. */
class ToBufferFluxTest extends SpringTest {

    private static final DefaultDataBufferFactory FOREIGN = DefaultDataBufferFactory.sharedInstance;

    private final PooledDataBufferFactory factory = new PooledDataBufferFactory(pool);

    private static DataBuffer foreign(String text) {
        return FOREIGN.wrap(bytes(text));
    }

    @Test
    void ourBuffersAreTurnedIntoTheirLeases() {
        DataBuffer buffer = factory.allocateBuffer(100).write(bytes("xabc"));
        buffer.read();
        ByteBuffer shared = alias(buffer);
        PooledBuffer lease =
                DataBuffers.toBufferFlux(Mono.just(buffer), pool).next().block(LIMIT);
        shared.put(0, (byte) 'X');
        assertThat(((PooledDataBuffer) buffer).isAllocated()).isFalse();
        assertThat(text(lease)).isEqualTo("Xbc");
    }

    @SuppressWarnings("deprecation")
    private static ByteBuffer alias(DataBuffer buffer) {
        return buffer.asByteBuffer();
    }

    @Test
    void aBufferThatOthersHoldIsShared() {
        PooledDataBuffer buffer = (PooledDataBuffer) factory.allocateBuffer(3).write(bytes("abc"));
        buffer.retain();
        PooledBuffer lease = DataBuffers.lease(buffer, pool).orElseThrow();
        assertThat(buffer.isAllocated()).isTrue();
        assertThat(pool.stats().totalAcquisitions()).isEqualTo(1);
        assertThat(text(lease)).isEqualTo("abc");
        assertThat(buffer.release()).isTrue();
    }

    @Test
    void nettysBuffersOnThePoolAreTurnedIntoTheirLeases() {
        NettyDataBufferFactory netty = new NettyDataBufferFactory(NettyBuffers.allocator(pool));
        DataBuffer whole = netty.allocateBuffer(100).write(bytes("xabcdef"));
        whole.read();
        DataBuffer head = whole.split(4);
        ByteBuffer shared = alias(head);
        long before = pool.stats().totalAcquisitions();
        List<PooledBuffer> leases = DataBuffers.toBufferFlux(Flux.just(head, whole), pool)
                .collectList()
                .block(LIMIT);
        shared.put(0, (byte) 'X');
        assertThat(leases.get(0).sharesMemoryWith(leases.get(1))).isTrue();
        assertThat(leases).extracting(SpringTest::text).containsExactly("Xbc", "def");
        assertThat(pool.stats().totalAcquisitions() - before)
                .as("but for the spare")
                .isLessThanOrEqualTo(1);
    }

    @Test
    void othersAreCopiedAndReleased() {
        try (BufferPool other = BufferPool.create()) {
            DataBuffer ofOther =
                    new PooledDataBufferFactory(other).allocateBuffer(3).write(bytes("def"));
            List<PooledBuffer> leases = DataBuffers.toBufferFlux(
                            Flux.just(foreign("abc"), foreign(""), ofOther, factory.wrap(bytes("ghi"))), pool)
                    .collectList()
                    .block(LIMIT);
            assertThat(leases).allSatisfy(lease -> assertThat(lease.pool()).isSameAs(pool));
            assertThat(leases).extracting(SpringTest::text).containsExactly("abc", "def", "ghi");
            atRest(other);
        }
    }

    @Test
    void aLargeDataBufferIsCutIntoCopies() {
        byte[] large = content(200_001);
        ByteArrayOutputStream copied = new ByteArrayOutputStream();
        List<Integer> lengths = DataBuffers.toBufferFlux(Mono.just(FOREIGN.wrap(large)), pool)
                .consume(buffer -> {
                    copied.writeBytes(buffer.toByteArray());
                    return buffer.length();
                })
                .collectList()
                .block(LIMIT);
        assertThat(copied.toByteArray()).isEqualTo(large);
        assertThat(lengths).containsExactly(65_536, 65_536, 65_536, 3_393);
    }

    @Test
    void nothingIsReadBeforeItIsRequestedAndOneAtATime() {
        AtomicInteger asked = new AtomicInteger();
        Flux<DataBuffer> source =
                Flux.range(0, 5).map(i -> foreign("buffer " + i)).doOnRequest(n -> asked.addAndGet((int) n));
        StepVerifier.create(DataBuffers.toBufferFlux(source, pool), 0)
                .then(() -> assertThat(asked).hasValue(0))
                .thenRequest(2)
                .assertNext(buffer -> assertThat(text(buffer)).isEqualTo("buffer 0"))
                .assertNext(buffer -> assertThat(text(buffer)).isEqualTo("buffer 1"))
                .then(() -> assertThat(asked).hasValue(2))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void waitsItsTurnAndTakesNoMoreMeanwhile() {
        try (BufferPool small = BufferPool.builder().maxBytes(1024).build()) {
            PooledBuffer taken = small.acquire(1024);
            TestPublisher<DataBuffer> source = TestPublisher.create();
            StepVerifier.create(DataBuffers.toBufferFlux(source, small))
                    .then(() -> source.next(foreign("waits.")))
                    .then(() -> assertThat(small.stats().pending())
                            .as("the spare and the copy")
                            .isEqualTo(2))
                    .then(taken::release)
                    .assertNext(buffer -> assertThat(text(buffer)).isEqualTo("waits."))
                    .then(source::complete)
                    .expectComplete()
                    .verify(LIMIT);
            atRest(small);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cancel", "error"})
    void anEndWhileItWaitsReleasesWhatIsHeld(String end) {
        try (BufferPool small = BufferPool.builder().maxBytes(1024).build()) {
            PooledBuffer taken = small.acquire(1024);
            PooledDataBuffer held = (PooledDataBuffer) factory.allocateBuffer(6).write(bytes("waits."));
            TestPublisher<DataBuffer> source = TestPublisher.create();
            StepVerifier.FirstStep<PooledBuffer> steps = StepVerifier.create(DataBuffers.toBufferFlux(source, small));
            StepVerifier.Step<PooledBuffer> waiting = steps.then(() -> source.next(held));
            if (end.equals("cancel")) {
                waiting.thenCancel().verify(LIMIT);
                source.assertCancelled();
            } else {
                waiting.then(() -> source.error(new IOException("broken")))
                        .expectErrorMessage("broken")
                        .verify(LIMIT);
            }
            assertThat(held.isAllocated()).isFalse();
            assertThat(small.stats().pending()).isZero();
            taken.release();
            atRest(small);
        }
    }

    @Test
    void refusesAtOnceWhereItIsToldSo() {
        try (BufferPool small = BufferPool.builder().maxBytes(1024).build()) {
            PooledBuffer all = small.acquire(1024);
            BufferFlux refused = DataBuffers.toBufferFlux(Mono.just(foreign("refused")), small)
                    .waiting(WaitPolicy.never());
            StepVerifier.create(refused)
                    .expectError(PoolExhaustedException.class)
                    .verify(LIMIT);
            all.release();
            atRest(small);
        }
    }

    @Test
    void refusesAfterAWhileWhereItIsToldSo() {
        try (BufferPool small = BufferPool.builder().maxBytes(1024).build()) {
            PooledBuffer all = small.acquire(1024);
            BufferFlux refused = DataBuffers.toBufferFlux(Mono.just(foreign("refused")), small)
                    .waiting(WaitPolicy.atMost(Duration.ofMillis(20)));
            StepVerifier.create(refused)
                    .expectError(PoolExhaustedException.class)
                    .verify(LIMIT);
            all.release();
            atRest(small);
        }
    }

    @Test
    void aClosedPoolIsAnError() {
        BufferPool closed = BufferPool.create();
        closed.close();
        StepVerifier.create(DataBuffers.toBufferFlux(Mono.just(foreign("late")), closed))
                .expectError(PoolClosedException.class)
                .verify(LIMIT);
    }

    @Test
    void aSourceThatEmitsMoreThanWasAskedForIsAnError() {
        PooledDataBuffer surplus = factory.wrap(bytes("b"));
        TestPublisher<DataBuffer> rude = TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
        try (BufferPool small = BufferPool.builder().maxBytes(1024).build()) {
            PooledBuffer taken = small.acquire(1024);
            StepVerifier.create(DataBuffers.toBufferFlux(rude, small))
                    .then(() -> rude.next(factory.wrap(bytes("a")), surplus, factory.wrap(bytes("c"))))
                    .expectErrorMessage("upstream emitted more frames than were requested")
                    .verify(LIMIT);
            assertThat(surplus.isAllocated()).isFalse();
            taken.release();
            atRest(small);
        }
    }

    /** Nobody else would release it: it was handed over. */
    @ParameterizedTest
    @ValueSource(strings = {"cancel", "complete", "error"})
    void whatComesAfterTheEndIsReleased(String end) {
        PooledDataBuffer late = (PooledDataBuffer) factory.allocateBuffer(3).write(bytes("abc"));
        TestPublisher<DataBuffer> rude = TestPublisher.createNoncompliant(
                TestPublisher.Violation.CLEANUP_ON_TERMINATE, TestPublisher.Violation.REQUEST_OVERFLOW);
        BaseSubscriber<PooledBuffer> subscriber = new BaseSubscriber<>() {
            @Override
            protected void hookOnError(Throwable error) {
                assertThat(error).hasMessage("broken");
            }
        };
        DataBuffers.toBufferFlux(rude, pool).subscribe(subscriber);
        switch (end) {
            case "cancel" -> subscriber.cancel();
            case "complete" -> rude.complete();
            default -> rude.error(new IOException("broken"));
        }
        rude.next(late);
        assertThat(late.isAllocated()).isFalse();
    }

    @Test
    void aBadRequestIsAnError() {
        StepVerifier.create(DataBuffers.toBufferFlux(Mono.just(foreign("a")), pool), 0)
                .thenRequest(1)
                .assertNext(buffer -> assertThat(text(buffer)).isEqualTo("a"))
                .expectComplete()
                .verify(LIMIT);
        List<Throwable> errors = new ArrayList<>();
        DataBuffers.toBufferFlux(Mono.just(foreign("a")), pool).subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(0);
            }

            @Override
            protected void hookOnError(Throwable error) {
                errors.add(error);
            }
        });
        assertThat(errors).singleElement().isInstanceOf(IllegalArgumentException.class);
    }

    /** Each queue begins with what has to be copied, and all of the pool lies behind that. */
    @Test
    void queuesThatHoldAllOfThePoolBehindACopyGetThrough() {
        int queues = 8;
        try (BufferPool small = BufferPool.builder().maxBytes(64 << 10).build()) {
            PooledDataBufferFactory pooled = new PooledDataBufferFactory(small);
            // One conversion that is on its way has the spare, as any has after its first request.
            Sinks.Many<DataBuffer> sink = Sinks.many().unicast().onBackpressureBuffer();
            var running = DataBuffers.toBufferFlux(sink.asFlux(), small).subscribe(PooledBuffer::release);
            List<List<DataBuffer>> queued = new ArrayList<>();
            for (int i = 0; i < queues; i++) {
                queued.add(new ArrayList<>(List.of(foreign("head"))));
            }
            try {
                for (int i = 0; ; i++) {
                    queued.get(i % queues).add(pooled.allocateBuffer(1024).write(bytes("tail")));
                }
            } catch (PoolExhaustedException e) {
                assertThat(small.stats().bytesInUse()).isGreaterThan(32 << 10);
            }
            List<String> texts = Flux.fromIterable(queued)
                    .flatMap(
                            queue -> DataBuffers.toBufferFlux(Flux.fromIterable(queue), small)
                                    .consume(SpringTest::text)
                                    .subscribeOn(Schedulers.parallel()),
                            queues)
                    .collectList()
                    .block(LIMIT);
            assertThat(texts.stream().filter("head"::equals)).hasSize(queues);
            assertThat(texts).hasSizeGreaterThan(32);
            running.dispose();
            atRest(small);
        }
    }

    @Test
    void aCancelAgainstAGrantLosesNothing() {
        for (int round = 0; round < 300; round++) {
            try (BufferPool small = BufferPool.builder().maxBytes(1024).build()) {
                PooledBuffer taken = small.acquire(1024);
                PooledDataBuffer held =
                        (PooledDataBuffer) factory.allocateBuffer(6).write(bytes("waits."));
                BaseSubscriber<PooledBuffer> subscriber = new BaseSubscriber<>() {
                    @Override
                    protected void hookOnNext(PooledBuffer buffer) {
                        buffer.release();
                    }
                };
                DataBuffers.toBufferFlux(Flux.just((DataBuffer) held).concatWith(Flux.never()), small)
                        .subscribe(subscriber);
                RaceTestUtils.race(subscriber::cancel, taken::release);
                eventually(() -> !held.isAllocated(), () -> "held");
                atRest(small);
            }
        }
    }

    @Test
    void aSubscriberThatThrowsLeavesNothingBehind() {
        AtomicInteger seen = new AtomicInteger();
        Flux<DataBuffer> source = Flux.just(foreign("a"), foreign("b"));
        DataBuffers.toBufferFlux(source, pool)
                .doOnDiscard(PooledBuffer.class, PooledBuffer::release)
                .subscribe(
                        buffer -> {
                            buffer.release();
                            seen.incrementAndGet();
                            throw new IllegalStateException("thrown");
                        },
                        error -> assertThat(error).hasMessage("thrown"));
        assertThat(seen).hasValue(1);
    }

    @Test
    void whatOperatorsAboveDropIsReleased() {
        PooledDataBuffer dropped = factory.wrap(bytes("dropped"));
        DataBuffers.toBufferFlux(
                        Flux.<DataBuffer>just(dropped, foreign("kept")).filter(buffer -> buffer != dropped), pool)
                .subscribe(PooledBuffer::release);
        assertThat(dropped.isAllocated()).isFalse();
        assertThat(DataBufferUtils.release(dropped)).isFalse();
    }
}
