package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * The world of one pool of 64 KiB, in which the n-th call of one kind fails. All of it runs on the test's thread,
 * but for streams, which take turns.
 */
final class FaultWorld implements PoolClock {

    static final int LIMIT = 64 << 10;

    /** What the pool calls. */
    enum Seam {
        ALLOCATE,
        VIEW,
        FREE,
        NANO_TIME,
        SCHEDULE,
        CANCEL,
        LISTENER,
        EXECUTOR,
        /** Every object and array that the package makes: queues and lists that grow among them. */
        HEAP
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

        void raise() {
            Throwable error = made.get();
            if (error instanceof Error fatal) {
                throw fatal;
            }
            throw (RuntimeException) error;
        }
    }

    private final Seam seam;
    private final Fault fault;
    private int left;
    private volatile boolean hasFailed;
    private volatile long now;
    private final List<Runnable> scheduled = new CopyOnWriteArrayList<>();
    final List<PooledBuffer> held = new ArrayList<>();
    final List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();
    final List<CompletableFuture<List<PooledBuffer>>> groups = new ArrayList<>();
    final BufferPool pool;

    /** What was lost stays reachable, so that the collector does not find it a second time. */
    private final List<PooledBuffer> lost = new ArrayList<>();

    FaultWorld(Seam seam, Fault fault, int failing, LeakDetection level) {
        this.seam = seam;
        this.fault = fault;
        this.pool = BufferPool.builder()
                .maxBytes(LIMIT)
                .clock(this)
                .leakDetection(level)
                .memory((slabBytes, slotBytes) -> {
                    pass(Seam.ALLOCATE);
                    return new Memory(this, slotBytes);
                })
                .build();
        if (seam == Seam.LISTENER || seam == Seam.EXECUTOR || seam == Seam.HEAP || seam == Seam.NANO_TIME) {
            Executor here = task -> {
                pass(Seam.EXECUTOR);
                task.run();
            };
            pool.events().add(new EventDelivery(listener(), closed -> {}, here, here));
        }
        this.left = failing;
        if (seam == Seam.HEAP) {
            FaultsOfHeap.failAt(failing);
        }
    }

    private PoolListener listener() {
        return new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                pass(Seam.LISTENER);
            }
        };
    }

    /** Fails if it is time to. */
    void pass(Seam passed) {
        boolean fails;
        synchronized (this) {
            fails = passed == seam && left > 0 && --left == 0;
            hasFailed |= fails;
        }
        if (fails) {
            fault.raise();
        }
    }

    boolean hasFailed() {
        return hasFailed || (seam == Seam.HEAP && FaultsOfHeap.hasFailed());
    }

    /** Nothing fails from now on. */
    void stopFailing() {
        synchronized (this) {
            left = 0;
        }
        FaultsOfHeap.stop();
        lost.clear();
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
        List<Runnable> due = List.copyOf(scheduled);
        scheduled.removeAll(due);
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
            assertThat(hasFailed())
                    .as("a failure that nobody has raised: %s", e)
                    .isTrue();
        }
    }

    /** Waits until a stream that has ended has released what it had. */
    void awaitRest() {
        Deadline.until(
                "nothing is in use",
                () -> pool.stats().buffersInUse() == 0 && pool.stats().pending() == 0);
    }

    /** Loses all that is held, as the collector would find it: what its thread does is done here. */
    void loseAll() {
        List<LeaseWatch.Lost> watched = new ArrayList<>();
        attempt(() -> LeaseWatches.find(pool, watched));
        if (watched.size() != held.size()) {
            return; // what is not watched cannot be found
        }
        lost.addAll(held);
        held.clear();
        for (LeaseWatch.Lost one : watched) {
            one.clear();
            LeaseWatches.recover(one);
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
        groups.removeIf(group -> {
            if (group.isDone() && !group.isCompletedExceptionally()) {
                held.addAll(group.join());
            }
            return group.isDone();
        });
    }

    private record Memory(FaultWorld world, int slotBytes) implements SlabMemory {

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
}
