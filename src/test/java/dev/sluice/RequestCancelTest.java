package dev.sluice;

import static dev.sluice.PoolFixture.granted;
import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whoever cancels leaves the line at once; whatever was on its way to them comes back. */
class RequestCancelTest {

    private static final int KIB = 1 << 10;

    private final PoolFixture fixture = new PoolFixture(BufferPool.builder().maxBytes(4 * KIB));
    private final BufferPool pool = fixture.pool;

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    @Test
    void atTheHeadServesThoseBehind() {
        PooledBuffer held = pool.acquire(KIB);
        CompletableFuture<PooledBuffer> large = pool.request(4 * KIB);
        CompletableFuture<PooledBuffer> small = pool.request(KIB);
        CompletableFuture<PooledBuffer> other = pool.request(KIB);
        assertThat(small).isNotDone();

        assertThat(large.cancel(false)).isTrue();

        assertThat(large).isCancelled();
        assertThatThrownBy(large::join).isInstanceOf(CancellationException.class);
        assertThat(pool.stats().pending()).isZero();
        release(List.of(granted(small), granted(other), held));
    }

    @Test
    void inTheMiddleTakesNobodysTurn() {
        PooledBuffer held = pool.acquire(4 * KIB);
        List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            requests.add(pool.request(4 * KIB));
        }
        requests.get(3).cancel(false);
        requests.get(9).cancel(false);
        requests.get(4).cancel(false);
        assertThat(pool.stats().pending()).isEqualTo(7);
        held.release();
        for (int i : new int[] {0, 1, 2, 5, 6, 7, 8}) {
            granted(requests.get(i)).release();
        }
    }

    @Test
    void inAnyOrderLeavesNothingBehind() {
        Random random = new Random(3);
        for (int round = 0; round < 50; round++) {
            PooledBuffer held = pool.acquire(4 * KIB);
            List<CompletableFuture<PooledBuffer>> requests = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                requests.add(pool.request(1 + random.nextInt(4 * KIB)));
            }
            for (int i = 0; i < 10; i++) {
                requests.remove(random.nextInt(requests.size())).cancel(false);
            }
            PoolInvariants.assertSound(fixture.pools());
            assertThat(pool.stats().pending()).isEqualTo(10);
            held.release();
            requests.forEach(request -> granted(request).release());
            assertThat(pool.stats().pending()).isZero();
        }
    }

    @Test
    void afterTheGrantIsRefusedAndTheLeaseIsTheCallers() {
        CompletableFuture<PooledBuffer> request = pool.request(KIB);
        assertThat(request.cancel(false)).isFalse();
        assertThat(request).isNotCancelled();
        assertThat(pool.stats().buffersInUse()).isEqualTo(1);
        granted(request).release();
    }

    @Test
    void twiceIsOnce() {
        PooledBuffer held = pool.acquire(4 * KIB);
        CompletableFuture<PooledBuffer> request = pool.request(KIB);
        assertThat(request.cancel(false)).isTrue();
        assertThat(request.cancel(true)).as("as any future answers").isTrue();
        assertThat(pool.stats().pending()).isZero();
        held.release();
        assertThat(pool.stats().buffersInUse()).isZero();
    }

    @Test
    void ofADerivedFutureDoesNotGiveTheTurnUp() {
        PooledBuffer held = pool.acquire(4 * KIB);
        CompletableFuture<PooledBuffer> request = pool.request(KIB);
        CompletableFuture<Integer> derived = request.thenApply(PooledBuffer::length);
        CompletableFuture<PooledBuffer> copy = request.copy();
        assertThat(derived.cancel(false)).isTrue();
        assertThat(copy.cancel(false)).isTrue();
        assertThat(pool.stats().pending()).isEqualTo(1);
        held.release();
        granted(request).release();
    }

    @Test
    void byFailingItGivesTheTurnUpToo() {
        PooledBuffer held = pool.acquire(4 * KIB);
        CompletableFuture<PooledBuffer> request = pool.request(4 * KIB);
        CompletableFuture<PooledBuffer> next = pool.request(KIB);
        assertThat(request.completeExceptionally(new IllegalStateException("no longer wanted")))
                .isTrue();
        assertThat(pool.stats().pending()).isEqualTo(1);
        held.release();
        granted(next).release();
    }

    /** Both are served by one release; the first, when it is told, cancels the second, whose memory is not yet made. */
    @Test
    void betweenDecisionAndDeliveryBringsBackWhatWasChargedForIt() {
        PooledBuffer held = pool.acquire(4 * KIB);
        CompletableFuture<PooledBuffer> first = pool.request(KIB);
        CompletableFuture<PooledBuffer> second = pool.request(2 * KIB);
        first.thenAccept(buffer -> assertThat(second.cancel(false)).isTrue());
        held.release();
        assertThat(second).isCancelled();
        assertThat(pool.stats().bytesInUse()).isEqualTo(KIB);
        granted(first).release();
    }

    /** The same where buffers of the size are at hand, so that the second was promised one of them. */
    @Test
    void betweenDecisionAndDeliveryBringsBackTheBuffer() {
        List<PooledBuffer> held = List.of(pool.acquire(KIB), pool.acquire(KIB), pool.acquire(KIB));
        CompletableFuture<PooledBuffer> large = pool.request(4 * KIB);
        CompletableFuture<PooledBuffer> first = pool.request(KIB);
        CompletableFuture<PooledBuffer> second = pool.request(KIB);
        CompletableFuture<PooledBuffer> third = pool.request(KIB);
        first.thenAccept(buffer -> assertThat(second.cancel(false)).isTrue());
        held.get(0).release();
        held.get(1).release();
        assertThat(first).as("behind the large one").isNotDone();

        large.cancel(false);

        assertThat(second).isCancelled();
        assertThat(pool.stats().buffersInUse()).as("held, first, third").isEqualTo(3);
        release(List.of(granted(first), granted(third), held.get(2)));
    }
}
