package dev.sluice;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/**
 * Goes once through all that the engine does, before the first pool of the JVM is used.
 *
 * <p>The JVM loads a class and links a call when they are first needed. Where that happens near the end of a stack, or
 * while memory is short, it fails: a class that failed is disabled for good, and a call that failed comes between two
 * steps that belong together. After the rehearsal nothing is left to load.
 */
final class PoolRehearsal {

    private static volatile boolean done;
    private static volatile boolean doneWithNativeMemory;

    private PoolRehearsal() {}

    static void once() {
        if (!done) {
            try {
                rehearse();
                done = true;
            } catch (RuntimeException | Error e) {
                EventLogOnce.TROUBLE.warn("the classes of the pool could not all be loaded ahead", e);
            }
        }
    }

    /** The same for memory outside the heap, which a JVM with heap pools alone does without. */
    static void ofNativeMemory() {
        if (!doneWithNativeMemory) {
            try {
                NativeMemory.rehearse();
                doneWithNativeMemory = true;
            } catch (RuntimeException | Error e) {
                EventLogOnce.TROUBLE.warn("the classes of direct memory could not all be loaded ahead", e);
            }
        }
    }

    private static void rehearse() {
        MemoryBudget budget = MemoryBudget.of(1 << 17);
        BufferPool pool = pool(budget.child("rehearsal", 1 << 16));
        for (int round = 0; round < 2; round++) {
            List<PooledBuffer> many =
                    new ArrayList<>(); // enough that slabs have several slots, which come back together
            for (int i = 0; i < 16; i++) {
                many.add(pool.acquire(64));
            }
            many.forEach(PooledBuffer::release);
        }
        pool.acquire(64).release();
        pool.shrink();
        PooledBuffer all = pool.acquire(1 << 16);
        CompletableFuture<PooledBuffer> cancelled = pool.request(64);
        CompletableFuture<PooledBuffer> granted = pool.request(96);
        cancelled.cancel(false);
        PooledBuffer shared = all.retain();
        all.release();
        shared.release();
        granted.join().release();
        pool.clear();
        pool.close();
    }

    private static BufferPool pool(MemoryBudget budget) {
        return new BufferPool(new PoolConfig(
                "rehearsal",
                budget,
                Integer.MAX_VALUE,
                false,
                (slabBytes, slotBytes) -> new SlabMemory.Heap(slotBytes),
                null,
                0,
                2,
                LeakDetection.OFF,
                null,
                List.of(),
                new Silence(),
                Long.MAX_VALUE,
                false));
    }

    /** A clock that never runs anything. */
    private static final class Silence implements PoolClock {

        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Future<?> schedule(Runnable task, long delayNanos) {
            return CompletableFuture.completedFuture(null);
        }
    }
}
