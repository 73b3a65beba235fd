package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.testing.StampedBuffers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Bytes that leave: how long they stay what they are, and when the buffers are released. */
class ToByteBuffersTest extends FluxTest {

    private static final int CHUNK = 100;
    private static final int CHUNKS = 20;

    /** What was stamped, in the order in which it was requested. */
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    static List<Handover> handovers() {
        return List.of(
                Handover.COPIED, Handover.UNTIL_END, Handover.ON_HEAP, Handover.untilEnd(0), Handover.untilEnd(999));
    }

    @ParameterizedTest
    @MethodSource("handovers")
    void aClientThatCopiesHasAllBytesByEach(Handover handover) {
        try (StampedBuffers stamped = StampedBuffers.of(pool)) {
            byte[] got = stampedFlux(stamped)
                    .toByteBuffers(handover)
                    .map(ToByteBuffersTest::copy)
                    .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                    .map(ByteArrayOutputStream::toByteArray)
                    .block(LIMIT);
            assertThat(got).isEqualTo(sent.toByteArray());
            assertThat(stamped.out()).isZero();
        }
    }

    /** It collects views and reads them in its own onComplete, as a client does that sends all at once. */
    @Test
    void aClientThatKeepsHasOtherBytesWithCopiedOnly() {
        assertThat(keptWith(Handover.UNTIL_END)).isEqualTo(sent.toByteArray());
        assertThat(keptWith(Handover.untilEnd(500))).isEqualTo(sent.toByteArray());
        assertThat(keptWith(Handover.ON_HEAP)).isEqualTo(sent.toByteArray());
        assertThat(keptWith(Handover.COPIED)).isNotEqualTo(sent.toByteArray());
    }

    private byte[] keptWith(Handover handover) {
        sent.reset();
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        List<ByteBuffer> kept = new ArrayList<>();
        try (StampedBuffers stamped = StampedBuffers.of(pool)) {
            stampedFlux(stamped)
                    .toByteBuffers(handover)
                    .subscribe(kept::add, error -> {}, () -> kept.forEach(each -> got.writeBytes(copy(each))));
            assertThat(stamped.out()).isZero();
        }
        return got.toByteArray();
    }

    @Test
    void bytesOnTheHeapAreTheClientsForGood() {
        List<ByteBuffer> kept = BufferFlux.from(buffers("ab", "", "c"))
                .toByteBuffers(Handover.ON_HEAP)
                .doOnNext(bytes -> assertThat(pool.stats().buffersInUse()).isZero())
                .collectList()
                .block(LIMIT);
        assertThat(kept).hasSize(2).allMatch(ByteBuffer::hasArray);
        assertThat(kept.get(0).array()).containsExactly('a', 'b');
    }

    @Test
    void viewsAreReadOnlyAndEmptyBuffersAreMadeUpFor() {
        StepVerifier.create(BufferFlux.from(buffers("", "ab", "", "", "c")).toByteBuffers(Handover.COPIED), 0)
                .thenRequest(1)
                .assertNext(bytes ->
                        assertThat(bytes.isReadOnly() && bytes.remaining() == 2).isTrue())
                .thenRequest(1)
                .assertNext(bytes -> assertThat(bytes.remaining()).isEqualTo(1))
                .verifyComplete();
    }

    @Test
    void theWindowBoundsWhatIsHeldAndTheRestIsCopied() {
        List<Boolean> direct = new ArrayList<>();
        BufferFlux.from(buffers("a", "b", "c", "d"))
                .toByteBuffers(Handover.untilEnd(2L * pool.capacityFor(1)))
                .doOnNext(bytes -> direct.add(bytes.isDirect()))
                .doOnNext(bytes -> assertThat(pool.stats().buffersInUse()).isEqualTo(Math.min(2, direct.size())))
                .blockLast(LIMIT);
        assertThat(direct).containsExactly(true, true, false, false);
    }

    @Test
    void slicesOfOneBufferCountOnce() {
        List<Boolean> direct = BufferFlux.from(buffers("0123456789"))
                .rechunk(1)
                .toByteBuffers(Handover.untilEnd(pool.capacityFor(10)))
                .map(ByteBuffer::isDirect)
                .collectList()
                .block(LIMIT);
        assertThat(direct).hasSize(10).containsOnly(true);
    }

    /** Each would hold a part of the pool for ever, if what all hold were not bounded. */
    @ParameterizedTest
    @MethodSource("smallPools")
    void manySequencesDoNotWaitForOneAnother(BufferPool small) throws IOException {
        try (small) {
            long bytes = Flux.range(0, 50)
                    .flatMap(
                            i -> read(small)
                                    .toByteBuffers(Handover.UNTIL_END)
                                    .reduce(0L, (sum, each) -> sum + each.remaining()),
                            50)
                    .reduce(0L, Long::sum)
                    .block(LIMIT);
            assertThat(bytes).isEqualTo(50 * 20_000L);
            eventually(() -> small.stats().buffersInUse() == 0, small::stats);
        }
    }

    static List<BufferPool> smallPools() {
        return List.of(
                BufferPool.builder().maxBytes(8 << 10).build(),
                BufferPool.builder().maxBuffersPerSize(3).build(),
                BufferPool.builder().maxBuffersPerSize(1).build());
    }

    private BufferFlux read(BufferPool small) {
        return BufferFlux.read(
                ByteSources.stream(() -> new java.io.ByteArrayInputStream(new byte[20_000]))
                        .chunkSize(1024),
                small);
    }

    @Test
    void whatAllHoldIsCountedDownAgain() {
        for (int round = 0; round < 3; round++) {
            List<Boolean> direct = new ArrayList<>();
            try (BufferPool four = BufferPool.builder().maxBuffersPerSize(4).build()) {
                for (int again = 0; again < 3; again++) {
                    BufferFlux.from(Flux.range(0, 3).map(i -> four.acquire(10)))
                            .toByteBuffers(Handover.UNTIL_END)
                            .subscribe(bytes -> direct.add(bytes.isDirect()));
                }
            }
            assertThat(direct).containsExactly(true, true, false, true, true, false, true, true, false);
        }
    }

    @ParameterizedTest
    @MethodSource("handovers")
    void errorsAndCancellationsRelease(Handover handover) {
        StepVerifier.create(BufferFlux.from(Flux.concat(buffers("a", "b"), Flux.error(new IOException("gone"))))
                        .toByteBuffers(handover))
                .expectNextCount(2)
                .verifyErrorMessage("gone");
        StepVerifier.create(BufferFlux.from(Flux.concat(buffers("a", "b"), Flux.never()))
                        .toByteBuffers(handover))
                .expectNextCount(2)
                .thenCancel()
                .verify(LIMIT);
        nothingInFlight();
    }

    @ParameterizedTest
    @MethodSource("handovers")
    void aSubscriberThatThrowsLosesNothing(Handover handover) {
        Flux<ByteBuffer> bytes = BufferFlux.from(buffers("a", "b")).toByteBuffers(handover);
        StepVerifier.create(bytes.map(each -> {
                    throw new IllegalStateException("no");
                }))
                .verifyErrorMessage("no");
        nothingInFlight();
    }

    /** The subscriber reads on one thread while another one cancels. */
    @Test
    void aCancellationDoesNotTakeTheBytesFromACallThatReadsThem() throws Exception {
        CountDownLatch reads = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        List<byte[]> read = new ArrayList<>();
        try (StampedBuffers stamped = StampedBuffers.of(pool)) {
            BaseSubscriber<ByteBuffer> client = new BaseSubscriber<>() {
                private final List<ByteBuffer> kept = new ArrayList<>();

                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    subscription.request(2);
                }

                @Override
                protected void hookOnNext(ByteBuffer bytes) {
                    kept.add(bytes);
                    if (kept.size() == 2) {
                        reads.countDown();
                        await(cancelled);
                        kept.forEach(each -> read.add(copy(each)));
                    }
                }
            };
            Mono<Void> running = Mono.fromRunnable(
                    () -> stampedFlux(stamped).toByteBuffers(Handover.UNTIL_END).subscribe(client));
            var worker = running.subscribeOn(Schedulers.boundedElastic()).toFuture();
            await(reads);
            client.cancel();
            assertThat(stamped.out()).isEqualTo(2);
            cancelled.countDown();
            worker.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            eventually(() -> stamped.out() == 0, stamped::out);
        }
        byte[] expected = sent.toByteArray();
        assertThat(read.get(0)).containsExactly(java.util.Arrays.copyOf(expected, CHUNK));
        assertThat(read.get(1)).containsExactly(java.util.Arrays.copyOfRange(expected, CHUNK, 2 * CHUNK));
    }

    @Test
    void aWindowIsNotNegativeAndAHandoverSaysWhatItIs() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Handover.untilEnd(-1))
                .withMessage("the window must be at least 0, not -1");
        assertThat(handovers())
                .extracting(Handover::toString)
                .contains("COPIED", "ON_HEAP", "UNTIL_END[1,048,576 bytes]", "UNTIL_END[999 bytes]");
    }

    private BufferFlux stampedFlux(StampedBuffers stamped) {
        return BufferFlux.from(Flux.range(0, CHUNKS).map(i -> {
            PooledBuffer buffer = stamped.stamped(CHUNK);
            sent.writeBytes(buffer.toByteArray());
            return buffer;
        }));
    }

    private static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return copy;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
