package dev.sluice.flux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.PoolClosedException;
import dev.sluice.PooledBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Cancelling, closing and losing, while pipelines wait for the reserve or use it. */
class ReserveRaceTest extends FluxTest {

    private static final int CHUNK = 64;
    private static final int BYTES = 1_000;

    private Mono<Long> pipeline(Path file, BufferPool from, int i) {
        BufferFlux flux = BufferFlux.read(file, from, CHUNK).rechunk(CHUNK - 1 - i % 5);
        return (i % 2 == 0
                        ? flux
                        : flux.emitOn(Schedulers.parallel(), 1 + i % 3).rechunk(CHUNK - 7))
                .consume(PooledBuffer::length)
                .reduce(0L, (sum, length) -> sum + length);
    }

    private void rounds(int rounds) throws Exception {
        Path file = file(BYTES);
        Random random = new Random(42);
        for (int round = 0; round < rounds; round++) {
            BufferPool tight = BufferPool.builder()
                    .maxBytes((3 + random.nextInt(3)) * CHUNK)
                    .build();
            int many = 2 + random.nextInt(8);
            AtomicInteger finished = new AtomicInteger();
            CountDownLatch ended = new CountDownLatch(many);
            List<Disposable> all = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                all.add(pipeline(file, tight, i)
                        .doFinally(signal -> ended.countDown())
                        .subscribe(sum -> finished.addAndGet(sum == BYTES ? 1 : 1_000)));
            }
            int victims = random.nextInt(many + 1);
            for (int i = 0; i < victims; i++) {
                Disposable victim = all.get(random.nextInt(many));
                if (random.nextBoolean()) {
                    Schedulers.parallel().schedule(victim::dispose, random.nextInt(300), TimeUnit.MICROSECONDS);
                } else {
                    victim.dispose();
                }
            }
            assertThat(ended.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("round %s: %s of %s not ended, %s", round, ended.getCount(), many, tight.stats())
                    .isTrue();
            assertThat(finished.get()).as("with all its bytes").isBetween(many - victims, many);
            eventually(
                    () -> tight.stats().buffersInUse() == 0
                            && tight.stats().pending() == 0
                            && tight.budget().used() <= tight.budget().limit(),
                    tight::stats);
            tight.close();
            eventually(() -> tight.budget().used() == 0, tight::stats);
            assertThat(tight.stats().lost()).isZero();
        }
    }

    @Test
    void cancellingAgainstGrants() throws Exception {
        rounds(400);
    }

    @Test
    @Tag("long")
    void cancellingAgainstGrantsForLong() throws Exception {
        rounds(50_000);
    }

    /** Those that wait to enter, those that wait for a buffer and those that have one all end. */
    @Test
    void closingThePoolEndsAll() throws Exception {
        Path file = file(BYTES);
        for (int round = 0; round < 50; round++) {
            BufferPool tight = BufferPool.builder().maxBytes(3 * CHUNK).build();
            List<PooledBuffer> held = new ArrayList<>();
            if (round % 2 == 0) {
                held.add(tight.acquire(CHUNK)); // now nobody can enter
            }
            Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
            CountDownLatch ended = new CountDownLatch(20);
            for (int i = 0; i < 20; i++) {
                pipeline(file, tight, 1).doFinally(signal -> ended.countDown()).subscribe(sum -> {}, errors::add);
            }
            tight.close();
            assertThat(ended.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(errors).allSatisfy(error -> assertThat(error).isInstanceOf(PoolClosedException.class));
            held.forEach(PooledBuffer::release);
            eventually(() -> tight.budget().used() == 0, tight::stats);
        }
    }

    /** What was lost of the reserve is forfeited, and made up for. */
    @Test
    void losingBuffersOfTheReserve() throws Exception {
        Queue<LeakReport> reports = new ConcurrentLinkedQueue<>();
        BufferPool tight = BufferPool.builder()
                .maxBytes(2 * CHUNK)
                .leakDetection(LeakDetection.EVERY)
                .onLeak(reports::add)
                .build();
        Path file = file(BYTES);
        CountDownLatch ended = new CountDownLatch(1);
        AtomicInteger count = new AtomicInteger();
        BufferFlux.from(BufferFlux.read(file, tight, CHUNK).rechunk(CHUNK - 1).<PooledBuffer>handle((buffer, sink) -> {
                    if (count.getAndIncrement() % 4 != 0) {
                        sink.next(buffer);
                    }
                }))
                .consume(PooledBuffer::length)
                .doFinally(signal -> ended.countDown())
                .subscribe();
        eventually(
                () -> {
                    System.gc();
                    return ended.await(1, TimeUnit.MILLISECONDS);
                },
                tight::stats);
        eventually(
                () -> {
                    System.gc();
                    return tight.stats().buffersInUse() == 0;
                },
                tight::stats);
        assertThat(count.get()).isEqualTo(BYTES / (CHUNK - 1) + 1);
        eventually(() -> reports.size() == (count.get() + 3) / 4, () -> reports);
        tight.close();
    }

    /** One of many sources fails while others wait. */
    @Test
    void failingSources() throws Exception {
        BufferPool tight = BufferPool.builder().maxBytes(3 * CHUNK).build();
        Path file = file(BYTES);
        Long sum = Flux.range(0, 200)
                .flatMap(
                        i -> i % 3 == 0
                                ? pipeline(dir.resolve("missing"), tight, i).onErrorReturn(0L)
                                : pipeline(file, tight, i),
                        200)
                .reduce(0L, Long::sum)
                .block(LIMIT);
        assertThat(sum).isEqualTo(133L * BYTES);
        eventually(() -> tight.stats().buffersInUse() == 0, tight::stats);
        tight.close();
    }
}
