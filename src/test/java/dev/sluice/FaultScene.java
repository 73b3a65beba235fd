package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** What is done while something fails. */
enum FaultScene {
    ACQUIRE_AND_RELEASE {
        @Override
        void play(FaultWorld world) {
            for (int size : new int[] {100, 100, 100, 2_000, 100, 30_000}) {
                world.acquire(size);
            }
            world.releaseAll();
            world.acquire(60 << 10);
            world.releaseAll();
        }
    },
    WAIT_AND_GRANT {
        @Override
        void play(FaultWorld world) {
            world.acquire(64 << 10);
            world.request(1_000);
            world.request(2_000);
            world.attempt(() -> world.requests.add(world.pool.request(3_000, Duration.ofSeconds(100))));
            world.releaseAll();
        }
    },
    CANCEL {
        @Override
        void play(FaultWorld world) {
            world.acquire(40 << 10);
            world.attempt(() -> world.requests.add(world.pool.request(64 << 10, Duration.ofSeconds(100))));
            world.request(1_000);
            world.attempt(() -> world.requests.forEach(request -> request.cancel(false)));
        }
    },
    SHRINK {
        @Override
        void play(FaultWorld world) {
            for (int i = 0; i < 40; i++) {
                world.acquire(1_000);
            }
            world.releaseAll();
            for (int i = 0; i < 12; i++) {
                world.look();
            }
            world.attempt(world.pool::shrink);
        }
    },
    CLEAR {
        @Override
        void play(FaultWorld world) {
            for (int i = 0; i < 20; i++) {
                world.acquire(1_000);
            }
            world.held.remove(7).release();
            world.attempt(world.pool::clear);
            world.releaseAll();
            world.attempt(world.pool::clear);
        }
    },
    SHARE {
        @Override
        void play(FaultWorld world) {
            world.acquire(1_000);
            world.attempt(() -> world.held.add(world.held.get(0).retain()));
            world.attempt(() -> world.held.add(world.held.get(0).slice(1, 10)));
            world.attempt(() -> world.held.add(world.pool.acquire(10, "holder")));
            world.attempt(
                    () -> world.held.add(world.held.get(world.held.size() - 1).lend(() -> {})));
            world.releaseAll();
        }
    },
    GROUP {
        @Override
        void play(FaultWorld world) {
            world.acquire(60 << 10);
            world.attempt(() -> world.groups.add(BufferPool.requestAll(
                    List.of(
                            new BufferPool.Ask(world.pool, 1_000),
                            new BufferPool.Ask(world.pool, 1_000),
                            new BufferPool.Ask(world.pool, 8_000)),
                    "group")));
            world.request(2_000);
            world.releaseAll();
            world.attempt(() ->
                    world.groups.add(BufferPool.requestAll(List.of(new BufferPool.Ask(world.pool, 50_000)), null)));
            world.attempt(() -> world.groups.forEach(group -> group.cancel(false)));
        }
    },
    LOSE {
        @Override
        void play(FaultWorld world) {
            world.acquire(1_000);
            world.acquire(1_000);
            world.attempt(() -> world.held.add(world.held.get(0).retain()));
            world.attempt(() -> world.held.add(world.pool.acquire(40_000, "holder")));
            world.request(60_000);
            world.loseAll();
        }

        @Override
        LeakDetection level() {
            return LeakDetection.EVERY;
        }
    },
    CLOSE {
        @Override
        void play(FaultWorld world) {
            world.acquire(1_000);
            world.acquire(30_000);
            world.acquire(1_000);
            world.acquire(20_000);
            world.attempt(() -> world.held.remove(0).release());
            world.request(60_000);
            world.attempt(() -> world.requests.add(world.pool.request(2_000, Duration.ofSeconds(100))));
            world.request(50_000);
            world.attempt(world.pool::close);
            if (world.pool.isClosed()) {
                assertThat(world.requests).as("who waited is told").allMatch(CompletableFuture::isDone);
            }
            world.releaseAll();
            world.attempt(world.pool::close);
        }
    },
    STREAM {
        @Override
        void play(FaultWorld world) {
            byte[] bytes = new byte[10_000];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (i * i >>> 3);
            }
            play("rechunk", world, read(world, bytes).rechunk(700).consume(PooledBuffer::length));
            play("gzip", world, read(world, bytes).gzip().gunzip().consume(PooledBuffer::length));
            play("join", world, read(world, bytes).join(10_000).consume(PooledBuffer::length));
            play(
                    "split",
                    world,
                    read(world, bytes).split(new byte[] {0}, 10_000).consume(PooledBuffer::length));
        }

        private BufferFlux read(FaultWorld world, byte[] bytes) {
            return BufferFlux.read(ByteSources.bytes(bytes).chunkSize(1_024).on(Schedulers.immediate()), world.pool);
        }

        private void play(String name, FaultWorld world, Publisher<Integer> stream) {
            AtomicInteger signals = new AtomicInteger();
            world.attempt(() -> Flux.from(stream)
                    .subscribe(length -> {}, error -> signals.incrementAndGet(), signals::incrementAndGet));
            Deadline.until(name + " has ended", () -> signals.get() != 0);
            world.awaitRest();
            assertThat(signals).as("signals of the end of %s", name).hasValue(1);
        }
    };

    abstract void play(FaultWorld world);

    LeakDetection level() {
        return LeakDetection.SAMPLED;
    }
}
