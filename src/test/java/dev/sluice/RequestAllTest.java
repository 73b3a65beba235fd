package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool.Ask;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several buffers that are asked for together. */
class RequestAllTest {

    private static final int KIB = 1 << 10;

    private final MemoryBudget root = MemoryBudget.of("root", 4 * KIB);
    private final BufferPool pool = BufferPool.builder().budget(root).build();

    @AfterEach
    void nothingIsLeft() {
        assertThat(pool.stats().buffersInUse()).isZero();
        assertThat(pool.stats().pending()).isZero();
        pool.close();
        assertThat(root.used()).isZero();
    }

    private CompletableFuture<List<PooledBuffer>> ask(int... sizes) {
        List<Ask> asks = new ArrayList<>();
        for (int size : sizes) {
            asks.add(new Ask(pool, size));
        }
        return BufferPool.requestAll(asks, "the test");
    }

    private static void releaseAll(CompletableFuture<List<PooledBuffer>> granted) {
        granted.join().forEach(PooledBuffer::release);
    }

    @Test
    void areThereAtOnceInTheOrderOfTheAsksWhereNothingElseIs() {
        CompletableFuture<List<PooledBuffer>> all = ask(100, 2_000, 64);
        assertThat(all.join()).extracting(PooledBuffer::length).containsExactly(100, 2_000, 64);
        releaseAll(all);
    }

    /** The group came second: it must not keep what the first is waiting for. */
    @Test
    void holdNothingWhileOthersAreFirst() {
        PooledBuffer taken = pool.acquire(4 * KIB);
        CompletableFuture<PooledBuffer> before = pool.request(3 * KIB);
        CompletableFuture<PooledBuffer> second = pool.request(4 * KIB);
        CompletableFuture<List<PooledBuffer>> all = ask(KIB, 2 * KIB);
        taken.release();
        assertThat(before).isDone();
        assertThat(all).isNotDone();
        assertThat(pool.stats().bytesInUse()).isEqualTo(3 * KIB);
        before.join().release();
        second.join().release();
        assertThat(all).isDone();
        releaseAll(all);
    }

    /** The group came first: what comes back is for it, also for its last member. */
    @Test
    void goBeforeAllThatCameLater() {
        PooledBuffer one = pool.acquire(2 * KIB);
        PooledBuffer other = pool.acquire(2 * KIB);
        CompletableFuture<List<PooledBuffer>> all = ask(KIB, KIB, 2 * KIB);
        CompletableFuture<PooledBuffer> later = pool.request(KIB);
        CompletableFuture<PooledBuffer> sameSize = pool.request(2 * KIB);
        one.release();
        assertThat(later).isNotDone();
        assertThat(sameSize).isNotDone();
        assertThat(all).isNotDone();
        other.release();
        assertThat(all).isDone();
        assertThat(later).isNotDone();
        releaseAll(all);
        assertThat(later).isDone();
        assertThat(sameSize).isDone();
        later.join().release();
        sameSize.join().release();
    }

    @Test
    void cancelledTheyGiveBackWhatSomeHaveAndOthersGoOn() {
        PooledBuffer taken = pool.acquire(2 * KIB);
        CompletableFuture<List<PooledBuffer>> all = ask(2 * KIB, 2 * KIB);
        CompletableFuture<PooledBuffer> later = pool.request(2 * KIB);
        assertThat(all.cancel(false)).isTrue();
        assertThat(later).isDone();
        assertThat(pool.stats().pending()).isZero();
        later.join().release();
        taken.release();
    }

    @Test
    void closingThePoolEndsThem() {
        PooledBuffer taken = pool.acquire(2 * KIB);
        CompletableFuture<List<PooledBuffer>> all = ask(2 * KIB, 2 * KIB);
        pool.close();
        assertThatThrownBy(all::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(PoolClosedException.class);
        assertThatThrownBy(() -> ask(1).get()).hasCauseInstanceOf(PoolClosedException.class);
        taken.release();
    }

    /** Many slots of the small size lie in slabs of several: one that is taken there would keep the rest from the large. */
    @Test
    void fitWhereTheirCapacitiesFit() {
        List<PooledBuffer> small = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            small.add(pool.acquire(64));
        }
        small.forEach(PooledBuffer::release);
        CompletableFuture<List<PooledBuffer>> all = ask(64, 64, 4 * KIB - 1_024, 768, 64, 64);
        assertThat(all).isDone();
        assertThat(root.used()).isEqualTo(4 * KIB);
        releaseAll(all);
    }

    /** The same where what they need comes back only later, and the slab of another lease has free slots all the time. */
    @Test
    void fitAlsoWhenTheyHadToWait() {
        List<PooledBuffer> small = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            small.add(pool.acquire(64));
        }
        CompletableFuture<List<PooledBuffer>> all = ask(64, 4 * KIB - 1_024, 768, 64, 64, 64);
        assertThat(all).isNotDone();
        small.forEach(PooledBuffer::release);
        assertThat(all).isDone();
        assertThat(root.used()).isEqualTo(4 * KIB);
        releaseAll(all);
    }

    @Test
    void ofTwoPoolsHaveOneLine() {
        try (BufferPool other = BufferPool.builder().name("other").budget(root).build()) {
            PooledBuffer taken = other.acquire(2 * KIB);
            CompletableFuture<List<PooledBuffer>> all =
                    BufferPool.requestAll(List.of(new Ask(pool, 2 * KIB), new Ask(other, 2 * KIB)), null);
            CompletableFuture<PooledBuffer> later = other.request(KIB);
            assertThat(all).isNotDone();
            taken.release();
            assertThat(all.join()).extracting(buffer -> buffer.pool().name()).containsExactly(pool.name(), "other");
            releaseAll(all);
            later.join().release();
        }
    }

    @Test
    void thatCanNeverBeAreRefusedAtOnce() {
        assertThatThrownBy(() -> ask(2 * KIB, 3 * KIB))
                .isInstanceOf(BudgetTooSmallException.class)
                .hasMessage("5,120 bytes are asked for together, and the limit of budget 'root' is 4,096");
        try (BufferPool two = BufferPool.withMaxBuffers(2)) {
            Ask ask = new Ask(two, KIB);
            assertThatThrownBy(() -> BufferPool.requestAll(List.of(ask, ask, ask), null))
                    .isInstanceOf(BudgetTooSmallException.class)
                    .hasMessageContaining("more than 2 buffers of 1,024 bytes");
            assertThatThrownBy(() -> BufferPool.requestAll(List.of(ask, new Ask(pool, KIB)), null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no budget in common");
        }
        assertThatThrownBy(() -> ask()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ask(0)).isInstanceOf(InvalidSizeException.class);
    }

    @Test
    void tooManyThatWaitAreRefused() {
        try (BufferPool one = BufferPool.builder().maxBytes(KIB).maxPending(1).build()) {
            PooledBuffer taken = one.acquire(KIB);
            CompletableFuture<PooledBuffer> waiting = one.request(KIB);
            assertThatThrownBy(() -> BufferPool.requestAll(List.of(new Ask(one, 512), new Ask(one, 512)), null)
                            .get())
                    .hasCauseInstanceOf(PoolExhaustedException.class);
            taken.release();
            waiting.join().release();
        }
    }

    /** Two groups take the same in opposite order; with single requests each would wait for the other. */
    @ParameterizedTest
    @ValueSource(ints = {2, 8})
    void ofManyThreadsAllGetTheirs(int threads) throws Exception {
        CountDownLatch done = new CountDownLatch(threads);
        List<Throwable> failures = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            boolean turned = t % 2 == 0;
            new Thread(() -> {
                        try {
                            for (int i = 0; i < 2_000; i++) {
                                CompletableFuture<List<PooledBuffer>> all =
                                        turned ? ask(2 * KIB, KIB) : ask(KIB, 2 * KIB);
                                if (ThreadLocalRandom.current().nextInt(4) > 0 || !all.cancel(false)) {
                                    releaseAll(all);
                                }
                            }
                        } catch (Throwable e) {
                            synchronized (failures) {
                                failures.add(e);
                            }
                        } finally {
                            done.countDown();
                        }
                    })
                    .start();
        }
        assertThat(done.await(20, TimeUnit.SECONDS)).as("%s", pool.dump()).isTrue();
        assertThat(failures).isEmpty();
    }
}
