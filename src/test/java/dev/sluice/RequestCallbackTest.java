package dev.sluice;

import static dev.sluice.PoolFixture.granted;
import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is done when a request is granted runs on the releaser's thread, and must not harm anybody on it. */
class RequestCallbackTest {

    private static final int KIB = 1 << 10;
    private static final int CHAIN = 100_000;

    private final PoolFixture fixture =
            new PoolFixture(BufferPool.builder().maxBytes(4 * KIB).leakDetection(LeakDetection.OFF));
    private final BufferPool pool = fixture.pool;

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    @Test
    void thatReleaseAtOnceDoNotGrowTheStack() {
        PooledBuffer held = pool.acquire(4 * KIB);
        AtomicInteger served = new AtomicInteger();
        AtomicInteger deepest = new AtomicInteger();
        for (int i = 0; i < CHAIN; i++) {
            pool.request(4 * KIB).thenAccept(buffer -> {
                deepest.accumulateAndGet(served.getAndIncrement() % 1_000 == 0 ? stackDepth() : 0, Math::max);
                buffer.release();
            });
        }
        assertThat(pool.stats().pending()).isEqualTo(CHAIN);
        held.release(); // on a busy machine another thread may deliver the last ones
        Deadline.until("all are served", () -> served.get() == CHAIN);
        assertThat(deepest.get()).as("frames at the deepest grant").isLessThan(stackDepth() + 100);
    }

    @Test
    void thatRequestAgainBeforeTheyReleaseDoNotGrowTheStack() {
        PooledBuffer held = pool.acquire(4 * KIB);
        AtomicInteger left = new AtomicInteger(CHAIN);
        AtomicReference<Consumer<PooledBuffer>> next = new AtomicReference<>();
        next.set(buffer -> {
            if (left.decrementAndGet() > 0) {
                pool.request(4 * KIB).thenAccept(next.get());
            }
            buffer.release();
        });
        pool.request(4 * KIB).thenAccept(next.get());
        held.release();
        Deadline.until("all are served", () -> left.get() == 0 && pool.stats().buffersInUse() == 0);
    }

    private static int stackDepth() {
        return StackWalker.getInstance().walk(frames -> (int) frames.count());
    }

    @Test
    void thatThrowHarmNobody() {
        PooledBuffer held = pool.acquire(4 * KIB);
        List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            CompletableFuture<PooledBuffer> request = pool.request(KIB);
            request.whenComplete((buffer, error) -> {
                throw new IllegalStateException("a receiver's mistake");
            });
            request.thenAccept(buffer -> {
                throw new AssertionError("a receiver's error");
            });
            requests.add(request);
        }
        held.release();
        Deadline.until("all are granted", () -> requests.stream().allMatch(CompletableFuture::isDone));
        requests.forEach(request -> granted(request).release());
    }

    @Test
    void mayUseThePoolInEveryWay() {
        PooledBuffer held = pool.acquire(4 * KIB);
        AtomicInteger done = new AtomicInteger();
        CompletableFuture<PooledBuffer> waiting = pool.request(2 * KIB);
        waiting.thenAccept(buffer -> {
            pool.acquire(KIB).release();
            pool.tryAcquire(KIB).orElseThrow().release();
            pool.request(KIB).thenAccept(PooledBuffer::release);
            pool.stats();
            pool.shrink();
            pool.clear();
            buffer.retain().release();
            buffer.release();
            done.incrementAndGet();
        });
        held.release();
        assertThat(waiting).isCompleted();
        assertThat(done).hasValue(1);
    }

    @Test
    void mayCloseThePool() {
        PooledBuffer held = pool.acquire(4 * KIB);
        CompletableFuture<PooledBuffer> first = pool.request(2 * KIB);
        CompletableFuture<PooledBuffer> second = pool.request(2 * KIB);
        CompletableFuture<PooledBuffer> third = pool.request(2 * KIB);
        first.thenAccept(buffer -> pool.close());
        held.release();
        assertThat(third).isCompletedExceptionally();
        List<PooledBuffer> leases = new ArrayList<>(List.of(granted(first)));
        if (!second.isCompletedExceptionally()) {
            leases.add(granted(second));
        }
        release(leases);
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void comeInTurnAlsoForWhatTheyThemselvesCause() {
        PooledBuffer held = pool.acquire(4 * KIB);
        List<String> order = new CopyOnWriteArrayList<>();
        pool.request(4 * KIB).thenAccept(buffer -> {
            order.add("first begins");
            buffer.release();
            order.add("first ends");
        });
        pool.request(4 * KIB).thenAccept(buffer -> {
            order.add("second");
            buffer.release();
        });
        held.release();
        Deadline.until("both are served", () -> order.size() == 3);
        // Where the first receiver takes more than a moment to end, another thread delivers to the second.
        assertThat(order)
                .containsSubsequence("first begins", "first ends")
                .containsSubsequence("first begins", "second");
    }
}
