package dev.sluice;

import static dev.sluice.PoolFixture.granted;
import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** First come, first served, whichever bound it is that makes requests wait. */
@ParameterizedClass
@MethodSource("bounds")
class RequestOrderTest {

    private static final int KIB = 1 << 10;

    private final PoolFixture fixture;
    private final BufferPool pool;

    RequestOrderTest(PoolShape shape) {
        fixture = new PoolFixture(shape);
        pool = fixture.pool;
    }

    static List<PoolShape> bounds() {
        return PoolShape.all()
                .filter(PoolShape::direct)
                .filter(shape -> shape.leakDetection() == LeakDetection.SAMPLED)
                .toList();
    }

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    private List<CompletableFuture<PooledBuffer>> requests(int count, List<Integer> served) {
        return IntStream.range(0, count)
                .mapToObj(number -> {
                    CompletableFuture<PooledBuffer> request = pool.request(64 * KIB);
                    request.thenAccept(buffer -> served.add(number));
                    return request;
                })
                .toList();
    }

    @Test
    void whoComesFirstIsServedFirst() {
        List<PooledBuffer> all = fixture.takeAll(64 * KIB);
        List<Integer> served = new ArrayList<>();
        List<CompletableFuture<PooledBuffer>> requests = requests(10, served);
        assertThat(pool.stats().pending()).isEqualTo(10);
        Collections.reverse(all);
        for (int i = 0; i < 10; i++) {
            all.remove(0).release();
            assertThat(served).hasSize(i + 1);
            assertThat(pool.stats().pending()).isEqualTo(9 - i);
        }
        assertThat(served).isSorted();
        requests.forEach(request -> granted(request).release());
        release(all);
    }

    @Test
    void nobodyOvertakesThoseWhoWait() {
        List<PooledBuffer> all = fixture.takeAll(64 * KIB);
        List<CompletableFuture<PooledBuffer>> requests = requests(3, new ArrayList<>());
        assertThatThrownBy(() -> pool.acquire(64 * KIB)).isInstanceOf(PoolExhaustedException.class);
        assertThat(pool.tryAcquire(64 * KIB)).isEmpty();
        all.remove(0).release();
        assertThat(requests.get(0)).as("the first in line").isCompleted();
        assertThatThrownBy(() -> pool.acquire(64 * KIB)).isInstanceOf(PoolExhaustedException.class);
        granted(requests.get(0)).release();
        granted(requests.get(1)).release();
        assertThat(pool.tryAcquire(64 * KIB)).as("the third has it").isEmpty();
        granted(requests.get(2)).release();
        pool.acquire(64 * KIB).release();
        release(all);
    }

    @Test
    void aBufferIsPassedOnWithoutBeingIdle() {
        List<PooledBuffer> all = fixture.takeAll(64 * KIB);
        long allocated = pool.stats().totalAllocated();
        List<CompletableFuture<PooledBuffer>> requests = requests(50, new ArrayList<>());
        PooledBuffer turn = all.remove(all.size() - 1);
        for (CompletableFuture<PooledBuffer> request : requests) {
            assertThat(request).isNotDone();
            turn.release();
            turn = granted(request);
            assertThat(pool.stats().availableBuffers()).isZero();
        }
        assertThat(pool.stats().totalAllocated()).isEqualTo(allocated);
        turn.release();
        release(all);
    }
}
