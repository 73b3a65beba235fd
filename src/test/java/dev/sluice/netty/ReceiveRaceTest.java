package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Hooks;
import reactor.test.util.RaceTestUtils;

/**
 * Cancellation against everything that can happen, with a publisher that answers nothing it is asked. Whoever wins: no
 * lease and no frame is lost, and no content changes in its holder's hands.
 */
class ReceiveRaceTest extends StreamTest {

    private static final int ROUNDS = 300;
    private static final int BUDGET = 4096;
    private static final byte[] STAMP = new byte[300];

    static {
        Arrays.fill(STAMP, (byte) 42);
    }

    /** Where a frame lies, and who takes what was received. */
    enum Kind {
        POOLED,
        POOLED_AND_SMALL,
        FOREIGN,
        FOREIGN_ON_A_SCHEDULER,
        FOREIGN_MESSAGE,
        FOREIGN_THROUGH_GZIP;

        ByteBuf frame(BufferPool pool) {
            return switch (this) {
                case POOLED -> pooled(pool, STAMP);
                case POOLED_AND_SMALL -> {
                    PooledBuffer large = pool.acquire(2048).resize(STAMP.length);
                    large.byteBuffer().put(STAMP);
                    yield Leases.of(large.resize(STAMP.length)).writerIndex(100);
                }
                default -> foreign(STAMP);
            };
        }

        BufferFlux over(FakeFrames frames, BufferPool pool) {
            return switch (this) {
                case FOREIGN_ON_A_SCHEDULER -> NettyBuffers.receive(frames, pool);
                case FOREIGN_MESSAGE ->
                    BufferFlux.fromFrames("raced", frames, ReceiveFrames.MESSAGES, pool, Runnable::run);
                case FOREIGN_THROUGH_GZIP ->
                    BufferFlux.fromFrames("raced", frames, ReceiveFrames.STREAM, pool, Runnable::run)
                            .gzip()
                            .gunzip();
                default -> BufferFlux.fromFrames("raced", frames, ReceiveFrames.STREAM, pool, Runnable::run);
            };
        }
    }

    private BufferPool tiny;
    private FakeFrames frames;
    private Holder holder;

    /** An error that comes after a cancellation is dropped, as Reactor does it. */
    @BeforeEach
    void prepare() {
        Hooks.onErrorDropped(error -> {});
        tiny = BufferPool.builder().name("tiny").maxBytes(BUDGET).build();
    }

    @AfterEach
    void cleanUp() {
        Hooks.resetOnErrorDropped();
        tiny.close();
    }

    private void subscribe(Kind kind, BufferPool used, long request) {
        frames = new FakeFrames();
        holder = new Holder();
        kind.over(frames, used).subscribe(holder);
        if (request > 0) {
            holder.request(request);
        }
    }

    private void nothingIsHeld(BufferPool used) {
        spoil(used);
        for (PooledBuffer buffer : holder.held) {
            for (byte b : buffer.toByteArray()) {
                assertThat(b).isEqualTo((byte) 42);
            }
        }
        holder.end();
        if (used.stats().buffersInUse() > 0
                || used.stats().pending() > 0
                || used.stats().demand() > 0) {
            atRest(used);
        }
        eventually(frames::allReleased);
        assertThat(holder.ends).hasValueLessThanOrEqualTo(1);
    }

    /** Writes to memory that is free: no holder may see that. */
    private static void spoil(BufferPool used) {
        if (!used.isClosed()) {
            used.tryAcquire(STAMP.length).ifPresent(free -> {
                free.byteBuffer().put(new byte[STAMP.length]);
                free.release();
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstOnNext(Kind kind) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(kind, pool, 1 + round % 3);
            ByteBuf frame = kind.frame(pool);
            RaceTestUtils.race(() -> frames.emit(frame), holder::cancel);
            frames.emit(kind.frame(pool)); // too late for anyone
            nothingIsHeld(pool);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstTooManyOnNext(Kind kind) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(kind, pool, round % 2);
            List<ByteBuf> many = List.of(kind.frame(pool), kind.frame(pool), kind.frame(pool));
            RaceTestUtils.race(() -> many.forEach(frames::emit), holder::cancel);
            nothingIsHeld(pool);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstOnCompleteAndOnError(Kind kind) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(kind, pool, 2);
            frames.emit(kind.frame(pool));
            boolean fails = round % 2 == 0;
            RaceTestUtils.race(
                    () -> {
                        if (fails) {
                            frames.subscriber.onError(new IOException("gone"));
                        } else {
                            frames.subscriber.onComplete();
                        }
                    },
                    holder::cancel);
            nothingIsHeld(pool);
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestAgainstOnNextAndOnComplete(Kind kind) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(kind, pool, 1);
            ByteBuf frame = kind.frame(pool);
            RaceTestUtils.race(
                    () -> {
                        frames.emit(frame);
                        frames.subscriber.onComplete();
                    },
                    () -> holder.request(Long.MAX_VALUE));
            eventually(() -> holder.ends.get() == 1);
            assertThat(holder.error).isNull();
            assertThat(holder.received.get()).isPositive();
            nothingIsHeld(pool);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelAgainstRequestAndOnNext(Kind kind) {
        for (int round = 0; round < ROUNDS; round++) {
            subscribe(kind, pool, 0);
            ByteBuf frame = kind.frame(pool);
            RaceTestUtils.race(() -> frames.emit(frame), () -> holder.request(3), holder::cancel);
            nothingIsHeld(pool);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"FOREIGN", "FOREIGN_ON_A_SCHEDULER", "FOREIGN_MESSAGE", "FOREIGN_THROUGH_GZIP"})
    void cancelAgainstGrant(Kind kind) {
        for (int round = 0; round < ROUNDS; round++) {
            List<PooledBuffer> taken = takeAll(tiny);
            subscribe(kind, tiny, 5);
            frames.emit(kind.frame(tiny));
            RaceTestUtils.race(() -> taken.forEach(PooledBuffer::release), holder::cancel);
            nothingIsHeld(tiny);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"FOREIGN", "FOREIGN_ON_A_SCHEDULER", "FOREIGN_MESSAGE", "FOREIGN_THROUGH_GZIP"})
    void cancelAgainstTheWaitForAGrant(Kind kind) {
        for (int round = 0; round < ROUNDS; round++) {
            List<PooledBuffer> taken = takeAll(tiny);
            subscribe(kind, tiny, 5);
            RaceTestUtils.race(
                    () -> frames.emit(kind.frame(tiny)), holder::cancel, () -> taken.forEach(PooledBuffer::release));
            nothingIsHeld(tiny);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"FOREIGN", "FOREIGN_ON_A_SCHEDULER", "FOREIGN_MESSAGE", "FOREIGN_THROUGH_GZIP"})
    void onCompleteAndRequestAgainstGrant(Kind kind) {
        for (int round = 0; round < ROUNDS / 2; round++) {
            List<PooledBuffer> taken = takeAll(tiny);
            subscribe(kind, tiny, 1);
            frames.emit(kind.frame(tiny));
            RaceTestUtils.race(
                    () -> taken.forEach(PooledBuffer::release),
                    () -> frames.subscriber.onComplete(),
                    () -> holder.request(5));
            eventually(() -> holder.ends.get() == 1, tiny::stats);
            assertThat(holder.error).isNull();
            assertThat(joined(holder.takeAll())).isEqualTo(STAMP);
            nothingIsHeld(tiny);
        }
    }

    @Test
    void closingThePoolAgainstOnNext() {
        for (int round = 0; round < ROUNDS / 4; round++) {
            BufferPool closing = BufferPool.builder().maxBytes(BUDGET).build();
            List<PooledBuffer> taken = takeAll(closing);
            subscribe(Kind.FOREIGN, closing, 5);
            RaceTestUtils.race(() -> frames.emit(foreign(STAMP)), closing::close);
            taken.forEach(PooledBuffer::release);
            eventually(() -> holder.ends.get() == 1);
            nothingIsHeld(closing);
        }
    }
}
