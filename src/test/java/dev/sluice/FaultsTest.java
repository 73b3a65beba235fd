package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the things around the pool throw, at whichever call: afterwards the account is exact, nobody waits who could be
 * served, and the pool goes on. Every scene is played with the first call of each kind failing, the second, and so on,
 * until no call is left to fail.
 */
class FaultsTest {

    private static final int MAX_CALLS = 200;

    /** What the pool calls. */
    enum Seam {
        ALLOCATE,
        VIEW,
        FREE,
        NANO_TIME,
        SCHEDULE,
        CANCEL
    }

    /** What is thrown. */
    enum Fault {
        OUT_OF_MEMORY(() -> new OutOfMemoryError("for the test")),
        ASSERTION(() -> new AssertionError("for the test")),
        ILLEGAL_STATE(() -> new IllegalStateException("for the test")),
        STACK_OVERFLOW(StackOverflowError::new);

        private final Supplier<Throwable> made;

        Fault(Supplier<Throwable> made) {
            this.made = made;
        }

        private void raise() {
            Throwable error = made.get();
            if (error instanceof Error fatal) {
                throw fatal;
            }
            throw (RuntimeException) error;
        }
    }

    /** The world of one pool, in which one call fails. */
    private static final class World implements PoolClock {

        private final Seam seam;
        private final Fault fault;
        private int left;
        private boolean hasFailed;
        private long now;
        private final List<Runnable> scheduled = new ArrayList<>();
        final List<PooledBuffer> held = new ArrayList<>();
        final List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();
        final BufferPool pool;

        World(Seam seam, Fault fault, int failing) {
            this.seam = seam;
            this.fault = fault;
            this.pool = BufferPool.builder()
                    .maxBytes(64 << 10)
                    .clock(this)
                    .memory((slabBytes, slotBytes) -> {
                        pass(Seam.ALLOCATE);
                        return new Memory(this, slotBytes);
                    })
                    .build();
            this.left = failing;
        }

        void pass(Seam passed) {
            if (passed == seam && left > 0 && --left == 0) {
                hasFailed = true;
                fault.raise();
            }
        }

        @Override
        public long nanoTime() {
            pass(Seam.NANO_TIME);
            return now;
        }

        @Override
        public Future<?> schedule(Runnable task, long delayNanos) {
            pass(Seam.SCHEDULE);
            scheduled.add(task);
            return new CompletableFuture<Void>() {
                @Override
                public boolean cancel(boolean mayInterruptIfRunning) {
                    pass(Seam.CANCEL);
                    scheduled.remove(task);
                    return super.cancel(mayInterruptIfRunning);
                }
            };
        }

        /** Runs what is due now, but not what that schedules. */
        void look() {
            now += Duration.ofSeconds(1).toNanos();
            List<Runnable> due = new ArrayList<>(scheduled);
            scheduled.clear();
            due.forEach(Runnable::run);
        }

        void acquire(int size) {
            attempt(() -> held.add(pool.acquire(size)));
        }

        void request(int size) {
            attempt(() -> requests.add(pool.request(size)));
        }

        void attempt(Runnable step) {
            try {
                step.run();
            } catch (RuntimeException | Error e) {
                assertThat(hasFailed)
                        .as("a failure that nobody has raised: %s", e)
                        .isTrue();
            }
        }

        /** Never throws, whatever fails. */
        void releaseAll() {
            for (int i = 0; i < held.size(); i++) {
                held.get(i).release();
            }
            held.clear();
        }

        void takeGranted() {
            requests.removeIf(request -> {
                if (request.isDone() && !request.isCompletedExceptionally()) {
                    held.add(request.join());
                }
                return request.isDone();
            });
        }
    }

    private record Memory(World world, int slotBytes) implements SlabMemory {

        @Override
        public ByteBuffer slot(int index) {
            world.pass(Seam.VIEW);
            return ByteBuffer.allocate(slotBytes);
        }

        @Override
        public void free() {
            world.pass(Seam.FREE);
        }
    }

    /** What is done while something fails. */
    enum Scene {
        ACQUIRE_AND_RELEASE {
            @Override
            void play(World world) {
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
            void play(World world) {
                world.acquire(64 << 10);
                world.request(1_000);
                world.request(2_000);
                world.attempt(() -> world.requests.add(world.pool.request(3_000, Duration.ofSeconds(100))));
                world.releaseAll();
            }
        },
        CANCEL {
            @Override
            void play(World world) {
                world.acquire(40 << 10);
                world.attempt(() -> world.requests.add(world.pool.request(64 << 10, Duration.ofSeconds(100))));
                world.request(1_000);
                world.attempt(() -> world.requests.forEach(request -> request.cancel(false)));
            }
        },
        SHRINK {
            @Override
            void play(World world) {
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
            void play(World world) {
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
            void play(World world) {
                world.acquire(1_000);
                world.attempt(() -> world.held.add(world.held.get(0).retain()));
                world.attempt(() -> world.held.add(world.held.get(0).slice(1, 10)));
                world.attempt(() -> world.held.add(world.pool.acquire(10, "holder")));
                world.attempt(() ->
                        world.held.add(world.held.get(world.held.size() - 1).lend(() -> {})));
                world.releaseAll();
            }
        };

        abstract void play(World world);
    }

    static Stream<Arguments> everyFaultInEveryScene() {
        return Stream.of(Scene.values())
                .flatMap(scene -> Stream.of(Seam.values())
                        .flatMap(seam -> Stream.of(Fault.values()).map(fault -> Arguments.of(scene, seam, fault))));
    }

    @ParameterizedTest
    @MethodSource
    void everyFaultInEveryScene(Scene scene, Seam seam, Fault fault) {
        for (int failing = 1; failing <= MAX_CALLS; failing++) {
            World world = new World(seam, fault, failing);
            scene.play(world);
            if (!world.hasFailed) {
                goesOn(world);
                return;
            }
            goesOn(world);
        }
        fail("%s is called more often than %d times", seam, MAX_CALLS);
    }

    /** The account is exact, who waits is served, idle memory goes, and a closed pool tells who waits. */
    private static void goesOn(World world) {
        world.left = 0;
        for (int round = 0; round < 4; round++) {
            world.takeGranted();
            world.releaseAll();
            world.look();
        }
        assertThat(world.requests).as("requests that wait for nobody").isEmpty();
        PoolInvariants.assertAtRest(world.pool);
        PooledBuffer all = world.pool.acquire(64 << 10);
        CompletableFuture<PooledBuffer> waits = world.pool.request(1_000);
        all.release();
        waits.join().release();
        for (int i = 0; i < 20; i++) {
            world.look();
        }
        assertThat(world.pool.stats().allocatedBytes()).as("idle after silence").isZero();
        PoolInvariants.assertNothingLeft(world.pool);
        PooledBuffer last = world.pool.acquire(64 << 10);
        CompletableFuture<PooledBuffer> told = world.pool.request(1_000);
        world.pool.close();
        assertThat(told).isCompletedExceptionally();
        last.release();
        PoolInvariants.assertNothingLeft(world.pool);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void closeTellsWhoWaitsEvenIfMemoryCannotBeFreed(Fault fault) {
        World world = new World(Seam.FREE, fault, 1);
        world.acquire(10_000);
        world.acquire(40_000);
        world.held.remove(0).release();
        CompletableFuture<PooledBuffer> waits = world.pool.request(64 << 10);
        world.pool.close();
        assertThat(waits).isCompletedExceptionally();
        world.releaseAll();
        PoolInvariants.assertNothingLeft(world.pool);
    }

    static Stream<Fault> faults() {
        return Stream.of(Fault.values());
    }
}
