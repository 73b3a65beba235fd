package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.PoolEvent.SlabFreed;
import dev.sluice.PoolEvent.SlabMade;
import dev.sluice.PoolEvent.Waited;
import dev.sluice.PoolEvent.Waited.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** A pool that is used, watched, shrunk, dumped and listened to by several threads at once. */
class EventsRaceTest {

    private static final int KIB = 1 << 10;
    private static final int ROUNDS = 3_000;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    private Thread start(String name, int rounds, IntConsumer round) {
        Thread thread = new Thread(
                () -> {
                    try {
                        for (int i = 0; i < rounds; i++) {
                            round.accept(i);
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                },
                name);
        thread.start();
        return thread;
    }

    private void join(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            thread.join(Deadline.LIMIT.toMillis());
            assertThat(thread.isAlive()).as("%s", thread).isFalse();
        }
        assertThat(failures).isEmpty();
    }

    /** Adds up what it hears, which is all that happens, since it is fast. */
    private static final class Sums implements PoolListener {

        private final LongAdder made = new LongAdder();
        private final LongAdder freed = new LongAdder();
        private final LongAdder granted = new LongAdder();
        private final LongAdder ended = new LongAdder();
        private final AtomicBoolean busy = new AtomicBoolean();
        private final AtomicBoolean collided = new AtomicBoolean();

        @Override
        public void event(PoolEvent event) {
            if (!busy.compareAndSet(false, true)) {
                collided.set(true);
            }
            if (event instanceof SlabMade slab) {
                made.add(slab.bytes());
            } else if (event instanceof SlabFreed slab) {
                freed.add(slab.bytes());
            } else if (event instanceof Waited request) {
                ended.increment();
                granted.add(request.end() == End.GRANTED ? 1 : 0);
            }
            busy.set(false);
        }
    }

    @Test
    void everyNumberAddsUpInTheEnd() throws InterruptedException {
        Sums sums = new Sums();
        BufferPool pool = BufferPool.builder()
                .maxBytes(16 * KIB)
                .clock(PoolAccount.STILL)
                .listener(sums)
                .build();
        LongAdder cancelled = new LongAdder();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            int size = 1 << 8 + 2 * t;
            threads.add(start("user " + t, ROUNDS, i -> {
                if (i % 64 == 0) { // no more than a listener on a busy machine can take
                    Deadline.until("all is delivered", () -> pool.events().isDelivered());
                }
                pool.tryAcquire(size, "user").ifPresent(PooledBuffer::release);
                PooledBuffer buffer = pool.request(size).join();
                buffer.slice(0, 10).release();
                CompletableFuture<PooledBuffer> second = pool.request(16 * KIB);
                if (second.cancel(false)) {
                    cancelled.increment();
                } else {
                    second.join().release();
                }
                buffer.release();
            }));
        }
        threads.add(start("shrinker", ROUNDS / 10, i -> pool.shrink()));
        threads.add(start("clearer", ROUNDS / 10, i -> pool.clear()));
        join(threads);
        PoolInvariants.assertNothingLeft(pool);
        Deadline.until("all is delivered", () -> pool.events().isDelivered());
        assertThat(sums.collided).isFalse();
        assertThat(sums.made.sum()).isPositive().isEqualTo(sums.freed.sum());
        assertThat(sums.ended.sum() - sums.granted.sum()).isEqualTo(cancelled.sum());
    }

    @Test
    void levelsListenersAndDumpsComeAndGoWhileThePoolIsUsed() throws InterruptedException {
        LeakReports leaks = new LeakReports();
        BufferPool pool = BufferPool.builder()
                .maxBytes(64 * KIB)
                .clock(PoolAccount.STILL)
                .onLeak(leaks)
                .build();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            threads.add(start("user " + t, 10 * ROUNDS, i -> {
                try (PooledBuffer buffer = pool.acquire(100)) {
                    assertThat(buffer.length()).isEqualTo(100);
                    buffer.retain().touch("shared").release();
                }
            }));
        }
        threads.add(start("levels", ROUNDS, i -> pool.setLeakDetection(LeakDetection.values()[i % 3])));
        threads.add(start(
                "dumps", ROUNDS / 10, i -> assertThat(pool.dump().oldest()).hasSizeLessThan(50)));
        threads.add(start(
                "listeners", ROUNDS / 10, i -> pool.addListener(new Heard()).close()));
        join(threads);
        assertThat(pool.dump().oldest()).isEmpty();
        assertThat(leaks.untilNow(pool)).isEmpty();
        PoolInvariants.assertNothingLeft(pool);
    }
}
