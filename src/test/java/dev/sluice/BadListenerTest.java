package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.VirtualPoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Listeners that throw, block, fall behind or call the pool: nothing stops, and nobody else misses anything. */
class BadListenerTest {

    private static final int KIB = 1 << 10;

    private final Logger logger = Logger.getLogger("dev.sluice");
    private final Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            records.add(record);
        }

        @Override
        public void flush() {
            // Nothing is held back.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    };

    private final VirtualPoolClock clock = VirtualPoolClock.create();
    private final Heard good = new Heard();
    private final CountDownLatch blocked = new CountDownLatch(1);
    private final CountDownLatch unblock = new CountDownLatch(1);

    /** Threads that a test started, which must end. */
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void listenToTheLog() {
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
    }

    @AfterEach
    void endAll() throws InterruptedException {
        unblock.countDown();
        for (Thread thread : threads) {
            thread.join(Deadline.LIMIT.toMillis());
            assertThat(thread.isAlive()).as("%s", thread).isFalse();
        }
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    private BufferPool pool(PoolListener bad) {
        return BufferPool.builder()
                .name("lake")
                .maxBytes(8 * KIB)
                .leakDetection(LeakDetection.EVERY)
                .clock(clock)
                .listener(bad)
                .listener(good)
                .build();
    }

    private void nothingIsLogged() {
        assertThat(records)
                .extracting(record -> record.getMessage() + " " + record.getThrown())
                .isEmpty();
    }

    /** Everything that a pool tells of, once; it ends at rest. */
    private void useAll(BufferPool pool) {
        pool.acquire(1_000).release();
        PooledBuffer all = pool.acquire(8 * KIB);
        assertThat(pool.tryAcquire(100)).isEmpty();
        CompletableFuture<PooledBuffer> granted = pool.request(100);
        CompletableFuture<PooledBuffer> timed = pool.request(100, Duration.ofMillis(1));
        clock.advance(Duration.ofMillis(1));
        assertThat(timed).isCompletedExceptionally();
        all.release();
        granted.join().release();
        pool.reportOverflow(1, "the adapter");
        clock.advance(Duration.ofSeconds(1), 20);
        pool.acquire(64).release();
        pool.shrink();
        pool.clear();
        PoolInvariants.assertNothingLeft(pool);
    }

    @Test
    void thatThrows() {
        BufferPool pool = pool(new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                throw new IllegalStateException("a mistake");
            }

            @Override
            public void refused(PoolEvent.Refused event) {
                throw new StackOverflowError("an error");
            }
        });
        useAll(pool);
        useAll(pool);
        pool.close();
        assertThat(good.all(pool)).hasSizeGreaterThan(20);
        assertThat(records)
                .as("once for each place")
                .extracting(record -> record.getThrown().getMessage())
                .containsExactlyInAnyOrder("a mistake", "an error");
        assertThat(records)
                .extracting(LogRecord::getMessage)
                .containsExactlyInAnyOrder(
                        "a listener of pool 'lake' failed: SlabMade", "a listener of pool 'lake' failed: Refused");
    }

    private final class Blocking implements PoolListener {

        private final AtomicInteger told = new AtomicInteger();

        @Override
        public void event(PoolEvent event) {
            told.incrementAndGet();
            blocked.countDown();
            awaitQuietly(unblock);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertThat(latch.await(Deadline.LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Everything goes on, on this thread too, while it blocks; it is told all the rest in the end. */
    @Test
    void thatBlocks() throws InterruptedException {
        Blocking blocking = new Blocking();
        BufferPool pool = pool(blocking);
        pool.acquire(1_000).release();
        assertThat(blocked.await(Deadline.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        useAll(pool);
        pool.close();
        Deadline.until(
                "the other listener has heard of the end",
                () -> good.all().stream().anyMatch(PoolEvent.Closed.class::isInstance));
        assertThat(blocking.told).hasValue(1);
        unblock.countDown();
        assertThat(good.all(pool)).hasSizeGreaterThan(10);
        assertThat(blocking.told).hasValue(good.all(pool).size());
        nothingIsLogged();
    }

    /** A listener that waits for a thread that needs the pool: the pool must not wait for the listener. */
    @Test
    void thatWaitsForAThreadThatUsesThePool() {
        AtomicReference<BufferPool> pool = new AtomicReference<>();
        AtomicInteger waited = new AtomicInteger();
        pool.set(pool(new PoolListener() {
            @Override
            public void slabMade(PoolEvent.SlabMade event) {
                if (event.capacity() == KIB) {
                    Thread thread = new Thread(() -> pool.get().acquire(2 * KIB).release());
                    threads.add(thread);
                    thread.start();
                    try {
                        thread.join(Deadline.LIMIT.toMillis());
                        waited.incrementAndGet();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }));
        pool.get().acquire(1_000).release();
        good.all(pool.get());
        assertThat(waited).hasValue(1);
        assertThat(threads).noneMatch(Thread::isAlive);
        PoolInvariants.assertNothingLeft(pool.get());
    }

    /**
     * Acquires, releases, requests, shrinks, clears and dumps in every callback, and closes the pool in the end. It is given
     * no more to do while it is behind.
     */
    @Test
    void thatUsesThePool() {
        AtomicReference<BufferPool> pool = new AtomicReference<>();
        AtomicInteger left = new AtomicInteger(200);
        pool.set(pool(new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                BufferPool mine = pool.get();
                if (left.decrementAndGet() > 0) {
                    mine.tryAcquire(3_000).ifPresent(PooledBuffer::release);
                    mine.request(500).thenAccept(PooledBuffer::release);
                    mine.shrink();
                    mine.clear();
                    mine.dump();
                } else {
                    mine.close();
                }
            }
        }));
        Deadline.until("the listener has closed the pool", () -> {
            if (pool.get().events().isDelivered()) {
                pool.get().request(1_000).thenAccept(PooledBuffer::release);
            }
            return pool.get().isClosed();
        });
        good.all(pool.get());
        assertThat(left.get()).isNotPositive();
        nothingIsLogged();
        PoolInvariants.assertNothingLeft(pool.get());
    }

    /** Takes the only buffer in the callback of the wait that it ended, and gives it back from there. */
    @Test
    void thatTakesWhatOthersWaitFor() {
        AtomicReference<BufferPool> pool = new AtomicReference<>();
        AtomicInteger grants = new AtomicInteger();
        pool.set(pool(new PoolListener() {
            @Override
            public void waited(PoolEvent.Waited event) {
                if (grants.incrementAndGet() < 50) {
                    pool.get().request(8 * KIB).thenAccept(PooledBuffer::release);
                }
            }
        }));
        PooledBuffer all = pool.get().acquire(8 * KIB);
        List<CompletableFuture<Void>> waiting = IntStream.range(0, 50)
                .mapToObj(i -> pool.get().request(8 * KIB).thenAccept(PooledBuffer::release))
                .toList();
        all.release();
        Deadline.until("all are served", () -> waiting.stream().allMatch(CompletableFuture::isDone));
        Deadline.until("its own are served", () -> pool.get().stats().pending() == 0 && grants.get() >= 50);
        good.all(pool.get());
        PoolInvariants.assertNothingLeft(pool.get());
    }

    /** Adds another listener and ends its own registration, from within. */
    @Test
    void thatAddsAndRemovesListeners() {
        AtomicReference<PoolListener.Registration> own = new AtomicReference<>();
        AtomicInteger told = new AtomicInteger();
        Heard added = new Heard();
        BufferPool pool = pool(new PoolListener() {});
        own.set(pool.addListener(new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                told.incrementAndGet();
                pool.addListener(added);
                own.get().close();
            }
        }));
        pool.reportOverflow(1, "first");
        good.all(pool);
        Deadline.until("it has left", () -> told.get() == 1);
        pool.reportOverflow(2, "second");
        assertThat(added.all(pool)).hasSize(1);
        assertThat(told).hasValue(1);
        PoolInvariants.assertNothingLeft(pool);
    }

    /** One that is too slow misses events, which is logged once; the others miss none, and it goes on afterwards. */
    @Test
    void thatFallsBehind() throws InterruptedException {
        Blocking blocking = new Blocking();
        BufferPool pool = pool(blocking);
        pool.reportOverflow(0, "the first");
        assertThat(blocked.await(Deadline.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        int more = EventDelivery.MAX_UNTOLD + 500;
        for (int i = 1; i <= more; i++) {
            pool.reportOverflow(i, "the adapter");
            if (i % 1_000 == 0) {
                int sent = i;
                Deadline.until("the good one keeps up", () -> good.all().size() == sent + 1);
            }
        }
        assertThat(records)
                .extracting(LogRecord::getMessage)
                .containsExactly("a listener of pool 'lake' is 10000 events behind and misses some: "
                        + Blocking.class.getName());
        unblock.countDown();
        assertThat(good.all(pool)).hasSize(more + 1);
        assertThat(blocking.told).hasValue(EventDelivery.MAX_UNTOLD + 1);
        pool.reportOverflow(1, "the last");
        good.all(pool);
        assertThat(blocking.told).hasValue(EventDelivery.MAX_UNTOLD + 2);
        PoolInvariants.assertNothingLeft(pool);
    }

    /** A lost lease comes back though whoever is told of lost leases blocks. */
    @Test
    void thatBlocksOnAReport() {
        BufferPool pool = BufferPool.builder()
                .name("lake")
                .maxBytes(64)
                .leakDetection(LeakDetection.EVERY)
                .clock(clock)
                .onLeak(report -> awaitQuietly(unblock))
                .build();
        for (int i = 0; i < 3; i++) {
            lose(pool);
            Deadline.until("the bytes are back", () -> {
                System.gc();
                return pool.stats().bytesInUse() == 0;
            });
        }
        assertThat(pool.stats().lost()).isEqualTo(3);
        PoolInvariants.assertNothingLeft(pool);
    }

    private static void lose(BufferPool pool) {
        pool.acquire(64);
    }

    /** A thread that must not be blocked may tell; BlockHound would make it fail. */
    @Test
    void isToldByThreadsThatMustNotBlock() {
        BufferPool pool = pool(new PoolListener() {});
        List<String> errors = Flux.range(0, 2_000)
                .parallel(4)
                .runOn(Schedulers.parallel())
                .concatMap(i -> Mono.fromFuture(pool.request(1_000))
                        .doOnNext(PooledBuffer::release)
                        .then(Mono.<String>empty())
                        .onErrorResume(error -> Mono.just(error.toString())))
                .sequential()
                .collectList()
                .block(Deadline.LIMIT);
        assertThat(errors).isEmpty();
        assertThat(good.all(pool)).isNotEmpty();
        nothingIsLogged();
        PoolInvariants.assertNothingLeft(pool);
    }

    /** The executors that it is handed to have locks: BlockHound would take a wait for one as blocking. */
    @Test
    void isHandedOverByThreadsThatMustNotBlockThoughTheExecutorIsLocked() {
        Executor locked = task -> {
            LockSupport.parkNanos(1);
            task.run();
        };
        List<PoolEvent> told = new ArrayList<>();
        PoolListener listener = new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                told.add(event);
            }
        };
        EventDelivery listening = new EventDelivery(listener, closed -> {}, locked, locked);
        PoolEvent.Closed event = new PoolEvent.Closed("lake", 0);
        Mono.fromRunnable(() -> {
                    listening.tell(event, PoolListener::closed);
                    listening.tellLater(event, PoolListener::closed);
                })
                .subscribeOn(Schedulers.parallel())
                .block(Deadline.LIMIT);
        assertThat(told).hasSize(2);
        nothingIsLogged();
    }

    @Test
    void whatIsToldRunsOnADaemonOfItsOwn() {
        AtomicReference<Thread> teller = new AtomicReference<>();
        BufferPool pool = pool(new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                teller.set(Thread.currentThread());
            }
        });
        pool.reportOverflow(1, "the adapter");
        good.all(pool);
        assertThat(teller.get().getName()).isEqualTo("sluice-events");
        assertThat(teller.get().isDaemon()).isTrue();
        PoolInvariants.assertNothingLeft(pool);
    }

    /** A release tells of a held lease: it must not end there, or its buffer would be lost. */
    @Test
    void whereNoThreadCanBeStartedTheTellerGoesOnAndTheNextEventTriesAgain() {
        List<PoolEvent> told = new ArrayList<>();
        PoolListener listener = new PoolListener() {
            @Override
            public void event(PoolEvent event) {
                told.add(event);
            }
        };
        EventDelivery listening = new EventDelivery(listener, closed -> {}, Runnable::run, task -> {
            throw new OutOfMemoryError("no thread");
        });
        PoolEvent.Closed event = new PoolEvent.Closed("lake", 0);
        listening.tellLater(event, PoolListener::closed);
        listening.tellLater(event, PoolListener::closed);
        assertThat(told).isEmpty();
        listening.tell(event, PoolListener::closed);
        assertThat(told).hasSize(3);
        assertThat(listening.isDelivered()).isTrue();
    }
}
