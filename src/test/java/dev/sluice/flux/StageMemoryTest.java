package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolClosedException;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** An operator that needs memory waits its turn in the pool of its input, without a thread. */
class StageMemoryTest extends FluxTest {

    /** Two buffers of each size: the input's, and one more. */
    private final BufferPool two = BufferPool.withMaxBuffers(2);

    private final RudeSource source = new RudeSource();
    private final AnySubscriber subscriber = new AnySubscriber();

    /** The operators that need memory for their first result, and an input that makes them need it. */
    enum Needy {
        RECHUNK,
        SPLIT,
        LENGTH_PREFIXED,
        JOIN;

        Publisher<PooledBuffer> over(BufferFlux flux) {
            return switch (this) {
                case RECHUNK -> flux.rechunk(20);
                case SPLIT -> flux.split(new byte[] {'|'}, 40);
                case LENGTH_PREFIXED -> flux.lengthPrefixed(1, ByteOrder.BIG_ENDIAN, 40);
                case JOIN -> flux.join(40);
            };
        }
    }

    private static byte[] piece(int i) {
        byte[] piece = new byte[14];
        piece[0] = (byte) (i == 0 ? 27 : 0);
        piece[13] = (byte) (i == 0 ? 0 : '|');
        return piece;
    }

    @AfterEach
    void nothingIsLeftOfTheTwo() {
        assertThat(two.stats().buffersInUse()).isZero();
        assertThat(two.stats().pending()).isZero();
        two.close();
    }

    /** Feeds the operator until it waits for memory, all of which is taken. */
    private PooledBuffer starve(Needy operator) {
        Flux.from(operator.over(BufferFlux.from(source))).subscribe((CoreSubscriber<Object>) subscriber);
        subscriber.request(1);
        PooledBuffer taken = two.acquire(20);
        source.subscriber.onNext(Cuts.buffer(two, piece(0)));
        if (operator == Needy.JOIN || operator == Needy.SPLIT) {
            assertThat(two.stats().pending()).isZero(); // the first buffer is kept as it is
            taken.release();
            PooledBuffer next = Cuts.buffer(two, piece(1));
            taken = null;
            source.subscriber.onNext(next);
            assertThat(two.stats().pending()).isEqualTo(1);
            return null;
        }
        assertThat(two.stats().pending()).isEqualTo(1);
        return taken;
    }

    @Test
    void resumesWhenMemoryIsGranted() {
        for (Needy operator : new Needy[] {Needy.RECHUNK, Needy.LENGTH_PREFIXED}) {
            AnySubscriber own = new AnySubscriber();
            Flux.from(operator.over(BufferFlux.from(source))).subscribe((CoreSubscriber<Object>) own);
            own.request(1);
            PooledBuffer taken = two.acquire(20);
            long before = source.requested.get();
            source.subscriber.onNext(Cuts.buffer(two, piece(0)));
            assertThat(two.stats().pending()).isEqualTo(1);
            assertThat(source.requested.get()).as("while it waits").isEqualTo(before);
            taken.release();
            assertThat(two.stats().pending()).isZero();
            eventually(() -> source.requested.get() == before + 1, two::stats);
            source.subscriber.onNext(Cuts.buffer(two, piece(1)));
            assertThat(own.received.get()).isEqualTo(1);
            own.request(1);
            source.subscriber.onComplete();
            assertThat(own.ends.get()).isEqualTo(1);
            assertThat(own.error).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancellingGivesTheTurnUp(Needy operator) {
        PooledBuffer taken = starve(operator);
        subscriber.cancel();
        assertThat(two.stats().pending()).isZero();
        if (taken != null) {
            taken.release();
        }
        assertThat(subscriber.ends.get()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void closingThePoolEndsTheSequence(Needy operator) {
        PooledBuffer taken = starve(operator);
        two.close();
        eventually(() -> subscriber.error != null, two::stats); // it goes on where its source runs
        assertThat(subscriber.error).isInstanceOf(PoolClosedException.class);
        assertThat(source.cancelled).isTrue();
        if (taken != null) {
            taken.release();
        }
    }

    /** The turn is given up at once, not only when whoever has the floor comes to the end. */
    @Test
    void whoHasGivenUpDoesNotStayInLine() {
        StageMemory memory = new StageMemory("test", Context.empty(), () -> {});
        List<PooledBuffer> taken = List.of(two.acquire(20), two.acquire(20));
        memory.giveUp();
        assertThat(memory.take(two, 20)).isNull();
        assertThat(two.stats().pending()).isZero();
        taken.forEach(PooledBuffer::release);
        assertThat(two.stats().buffersInUse()).isZero();
        memory.release();
    }

    @Test
    void aGrantThatNobodyTookGoesBack() {
        AtomicInteger grants = new AtomicInteger();
        StageMemory memory = new StageMemory("test", Context.empty(), grants::incrementAndGet);
        List<PooledBuffer> taken = List.of(two.acquire(20), two.acquire(20));
        assertThat(memory.take(two, 20)).isNull();
        taken.forEach(PooledBuffer::release);
        assertThat(grants).hasValue(1);
        assertThat(two.stats().buffersInUse()).isEqualTo(1);
        memory.giveUp();
        assertThat(two.stats().buffersInUse()).isEqualTo(1);
        memory.release();
        assertThat(two.stats().buffersInUse()).isZero();
        memory.release();
    }

    /** What came before the error is delivered first, so this waits for the memory that it needs. */
    @Test
    void anErrorOfTheSourceWaitsForItsTurn() {
        PooledBuffer taken = starve(Needy.RECHUNK);
        source.subscriber.onError(new IOException("gone"));
        assertThat(subscriber.error).isNull();
        taken.release();
        eventually(() -> subscriber.error != null, two::stats);
        assertThat(subscriber.error).hasMessage("gone");
    }

    @ParameterizedTest
    @EnumSource
    void aBadRequestGivesTheTurnUp(Needy operator) {
        PooledBuffer taken = starve(operator);
        Subscription raw = subscription();
        raw.request(-1);
        assertThat(subscriber.error).isInstanceOf(IllegalArgumentException.class);
        assertThat(two.stats().pending()).isZero();
        if (taken != null) {
            taken.release();
        }
    }

    private Subscription subscription() {
        Scannable each = Scannable.from(source.subscriber);
        while (!(each instanceof StageSubscriber<?> stage)) {
            each = Scannable.from(each.scan(Scannable.Attr.ACTUAL));
        }
        return stage;
    }

    /** The smallest budget: a buffer of the source and a chunk. One subscription after the other gets through. */
    @Test
    void oneRechunkNeedsRoomForABufferAndAChunk() throws IOException {
        BufferPool tight = BufferPool.builder().maxBytes(2 * 1024).build();
        BufferFlux file =
                BufferFlux.read(ByteSources.file(file(10_000)).chunkSize(1000).on(Schedulers.immediate()), tight);
        List<byte[]> chunks = new ArrayList<>();
        file.rechunk(999).doOnNext(chunk -> chunks.add(bytes(chunk))).blockLast(LIMIT);
        assertThat(chunks).hasSize(11);
        assertThat(tight.stats().peakBytes()).isLessThanOrEqualTo(2048);
        assertThat(tight.stats().buffersInUse()).isZero();
        tight.close();
    }

    /** Several subscriptions at once need as much for each. */
    @Test
    void manyRechunksNeedRoomForEach() throws IOException {
        int many = 8;
        BufferPool tight = BufferPool.builder().maxBytes(many * 2048L).build();
        BufferFlux file = BufferFlux.read(file(100_000), tight, 1000);
        Long bytes = Flux.range(0, many)
                .flatMap(i -> file.rechunk(999).consume(PooledBuffer::length), many)
                .reduce(0L, (sum, length) -> sum + length)
                .block(LIMIT);
        assertThat(bytes).isEqualTo(many * 100_000L);
        eventually(() -> tight.stats().buffersInUse() == 0, tight::stats);
        tight.close();
    }
}
