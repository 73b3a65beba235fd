package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.LeakReport;
import dev.sluice.PooledBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Signal;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** One pipeline that a test steps through by hand, on one thread, and what it has lost in the end. */
final class LossProbe {

    static final int CHUNKS = 8;
    static final int CHUNK_BYTES = 100;
    static final String PLACE = "the probed pipeline";

    /** What an operator may be made with, to be moved by hand. */
    final Steps tasks = new Steps();

    final Scheduler steps = tasks.scheduler();
    final VirtualTimeScheduler clock = VirtualTimeScheduler.create();

    final Account account = new Account();
    final RudeSource rude = new RudeSource();
    final Last last = new Last();
    final Path file;

    /** Whether the functions of the user's throw. */
    final boolean throwing;

    LossProbe(Path file, boolean throwing) {
        this.file = file;
        this.throwing = throwing;
    }

    /** What remains of a probe: holds none of its leases. */
    static final class Account {

        final Queue<LeakReport> reports = new ConcurrentLinkedQueue<>();
        final BufferPool pool = BufferPool.builder()
                .name("probe")
                .leakDetection(LeakDetection.EVERY)
                .onLeak(reports::add)
                .build();

        long leasesOut() {
            return pool.stats().buffersInUse();
        }
    }

    /** What a function of the user's returns. */
    <T> T checked(T result) {
        if (throwing) {
            throw new IllegalStateException("a function that throws");
        }
        return result;
    }

    <T> T released(PooledBuffer buffer, T result) {
        checked(result);
        buffer.release();
        return result;
    }

    /** Subscribes with the hook that {@link BufferFlux#from} sets. */
    void subscribe(Publisher<?> pipeline) {
        Flux.from(pipeline)
                .cast(Object.class)
                .doOnDiscard(PooledBuffer.class, PooledBuffer::release)
                .subscribe(last);
    }

    BufferFlux read() {
        return read(Schedulers.immediate());
    }

    BufferFlux read(Scheduler scheduler) {
        return BufferFlux.from(
                BufferFlux.read(ByteSources.file(file).chunkSize(CHUNK_BYTES).on(scheduler), account.pool)
                        .checkpoint(PLACE));
    }

    BufferFlux failing() {
        return BufferFlux.from(Flux.concat(read(), Flux.error(new IOException("gone"))));
    }

    /** What a source does that was about to emit when it was cancelled. */
    void emit() {
        rude.subscriber.onNext(account.pool.acquire(CHUNK_BYTES, "BufferFlux.read(by hand), " + PLACE));
    }

    void settle() {
        for (int i = 0; i < 20; i++) {
            tasks.runAll();
            clock.advanceTimeBy(Duration.ofSeconds(1));
        }
    }

    /** The end of the pipeline: releases every buffer, whatever it is wrapped in. */
    static final class Last extends BaseSubscriber<Object> {

        private int received;
        int cancelAfter = Integer.MAX_VALUE;

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(Object result) {
            received++;
            release(result);
            if (received >= cancelAfter) {
                cancel();
            }
        }

        @Override
        protected void hookOnError(Throwable error) {}

        private static void release(Object result) {
            if (result instanceof PooledBuffer buffer) {
                buffer.release();
            } else if (result instanceof Iterable<?> many) {
                many.forEach(Last::release);
            } else if (result instanceof Map<?, ?> map) {
                map.values().forEach(Last::release);
            } else if (result instanceof Signal<?> signal && signal.get() instanceof PooledBuffer buffer) {
                buffer.release();
            } else if (result instanceof Flux<?> inner) {
                inner.subscribe(Last::release, error -> {});
            }
        }
    }
}
