package dev.sluice;

import static dev.sluice.PoolFixture.granted;
import static dev.sluice.PoolFixture.release;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What every pool does, however it is configured. */
@ParameterizedClass
@MethodSource("dev.sluice.PoolShape#all")
class PoolContractTest {

    private static final int[] SIZES = {1, 65, 1_000, 1_024, 10_000, 65_536, 4 << 20};
    private static final int MEDIUM = 64 << 10;
    private static final int ABOVE_CLASSES = (4 << 20) + 1;

    private final PoolShape shape;
    private PoolFixture fixture;
    private BufferPool pool;

    PoolContractTest(PoolShape shape) {
        this.shape = shape;
    }

    @BeforeEach
    void open() {
        fixture = new PoolFixture(shape);
        pool = fixture.pool;
    }

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    @Test
    void aNewPoolHoldsNothing() {
        PoolStats stats = pool.stats();
        assertThat(stats.allocatedBytes()).isZero();
        assertThat(stats.totalAllocated()).isZero();
        assertThat(stats.totalAcquisitions()).isZero();
        assertThat(pool.statsBySize()).isEmpty();
        assertThat(pool.isClosed()).isFalse();
    }

    @Test
    void acquireLeasesTheLengthAskedFor() {
        for (int size : SIZES) {
            assertFresh(pool.acquire(size), size).release();
        }
    }

    @Test
    void acquireWithAHolderLeasesTheLengthAskedFor() {
        for (int size : SIZES) {
            assertFresh(pool.acquire(size, "holder"), size).release();
        }
    }

    @Test
    void tryAcquireLeasesTheLengthAskedFor() {
        for (int size : SIZES) {
            assertFresh(pool.tryAcquire(size).orElseThrow(), size).release();
            assertFresh(pool.tryAcquire(size, "holder").orElseThrow(), size).release();
        }
    }

    @Test
    void requestIsGrantedAtOnceWhereThereIsRoom() {
        for (int size : SIZES) {
            assertFresh(granted(pool.request(size)), size).release();
            assertFresh(granted(pool.request(size, Duration.ofSeconds(1))), size)
                    .release();
            assertFresh(granted(pool.request(size, null, "holder")), size).release();
        }
    }

    private PooledBuffer assertFresh(PooledBuffer buffer, int size) {
        assertThat(buffer.length()).as("length").isEqualTo(size);
        assertThat(buffer.capacity()).as("capacity for %,d bytes", size).isEqualTo(expectedCapacity(size));
        assertThat(buffer.isReleased()).as("released").isFalse();
        ViewAssertions.assertFresh(buffer.byteBuffer(), size, shape.direct());
        PoolInvariants.assertSound(pools());
        return buffer;
    }

    private BufferPool[] pools() {
        return fixture.pools();
    }

    private static int expectedCapacity(int size) {
        return size > SizeClasses.LARGEST ? size : SizeClasses.bytesOf(SizeClasses.indexOf(size));
    }

    @Test
    void everyHolderWritesToMemoryOfItsOwn() {
        List<PooledBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < PoolShape.MAX_BUFFERS; i++) {
            for (int size : new int[] {100, 1_000, 2_000, 5_000}) {
                PooledBuffer buffer = pool.acquire(size);
                Stamp.write(buffer.byteBuffer(), buffers.size());
                buffers.add(buffer);
            }
        }
        for (int i = 0; i < buffers.size(); i++) {
            Stamp.verify(buffers.get(i).byteBuffer(), i);
        }
        release(buffers);
    }

    @Test
    void memoryThatCameBackIsLeasedAgain() {
        PooledBuffer first = pool.acquire(1_000);
        Stamp.write(first.byteBuffer(), 7);
        first.release();

        PooledBuffer second = pool.acquire(1_000);
        Stamp.verify(second.byteBuffer(), 7);
        assertThat(pool.stats().totalAllocated()).as("buffers").isEqualTo(1);
        assertThat(pool.stats().hits()).as("hits").isEqualTo(1);
        second.release();
    }

    @Test
    void memoryIsMadeOnlyWhenItIsNeeded() {
        PooledBuffer one = pool.acquire(1_000);
        assertThat(pool.stats().allocatedBytes()).isEqualTo(1_024);
        PooledBuffer other = pool.acquire(2_000);
        assertThat(pool.stats().allocatedBytes()).isEqualTo(1_024 + 2_048);
        release(List.of(one, other));
    }

    @Test
    void boundsAreNeverExceededAndReachedExactly() {
        List<PooledBuffer> all = fixture.takeAll(MEDIUM);

        assertThat(all.size()).isEqualTo(mostBuffersOf(MEDIUM));
        assertThatThrownBy(() -> pool.acquire(MEDIUM)).isInstanceOf(PoolExhaustedException.class);
        assertThatThrownBy(() -> pool.acquire(MEDIUM, "holder")).isInstanceOf(PoolExhaustedException.class);
        assertThat(pool.tryAcquire(MEDIUM)).isEmpty();
        assertThat(pool.tryAcquire(MEDIUM, "holder")).isEmpty();
        PoolInvariants.assertSound(pools());

        all.remove(all.size() / 2).release();
        all.add(pool.acquire(MEDIUM));
        assertThat(pool.tryAcquire(MEDIUM)).isEmpty();
        release(all);
    }

    private long mostBuffersOf(int size) {
        long byBytes = pool.budget().available() / size + pool.stats().buffersInUse();
        return switch (shape.bound()) {
            case DEFAULT -> 64;
            case MAX_BUFFERS, BUFFERS_AND_BYTES -> PoolShape.MAX_BUFFERS;
            case MAX_BYTES, SHARED_BUDGET, NESTED_BUDGET -> byBytes;
        };
    }

    @Test
    void requestsWaitAndAreServedInTurnAsBuffersComeBack() {
        List<PooledBuffer> all = fixture.takeAll(MEDIUM);
        CompletableFuture<PooledBuffer> first = pool.request(MEDIUM);
        CompletableFuture<PooledBuffer> second = pool.request(MEDIUM);
        assertThat(pool.stats().pending()).isEqualTo(2);
        PoolInvariants.assertSound(pools());

        all.get(0).release();
        assertThat(first).isCompleted();
        assertThat(second).isNotDone();

        granted(first).release();
        granted(second).release();
        assertThat(pool.stats().pending()).isZero();
        release(all);
    }

    @Test
    void releaseWorksOnAnyThreadAndOnlyOnce() throws InterruptedException {
        PooledBuffer released = pool.acquire(1_000);
        Thread thread = new Thread(released::release);
        thread.start();
        thread.join();
        assertThat(released.isReleased()).isTrue();
        assertThat(pool.stats().totalReleases()).isEqualTo(1);

        PooledBuffer next = pool.acquire(1_000);
        released.release();
        released.close();
        assertThat(next.isReleased()).as("the next holder's lease").isFalse();
        assertThat(pool.stats().totalReleases()).isEqualTo(1);
        next.release();
    }

    @Test
    void sizesAboveTheLargestClassAreExactAndFreedWhenTheyComeBack() {
        PooledBuffer large = assertFresh(pool.acquire(ABOVE_CLASSES), ABOVE_CLASSES);
        assertThat(pool.stats().allocatedBytes()).isEqualTo(ABOVE_CLASSES);
        assertThat(pool.stats().bytesInUse()).isEqualTo(ABOVE_CLASSES);
        Stamp.write(large.byteBuffer(), 3);
        Stamp.verify(large.byteBuffer(), 3);
        large.release();
        assertThat(pool.stats().allocatedBytes()).isZero();
        assertThat(pool.statsBySize().keySet()).containsExactly(Integer.MAX_VALUE);

        assertFresh(granted(pool.request(ABOVE_CLASSES)), ABOVE_CLASSES).release();
    }

    @Test
    void clearGivesBackWhatIsIdleAndLeavesLeasesAlone() {
        List<PooledBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < PoolShape.MAX_BUFFERS; i++) {
            buffers.add(pool.acquire(1_000));
        }
        PooledBuffer kept = buffers.remove(11);
        Stamp.write(kept.byteBuffer(), 11);
        release(buffers);
        long allocated = pool.stats().allocatedBytes();

        long given = pool.clear();

        assertThat(pool.stats().allocatedBytes()).isEqualTo(allocated - given);
        assertThat(pool.stats().totalAllocated()).as("buffers").isEqualTo(1);
        assertThat(pool.stats().shrunkBytes()).isEqualTo(given);
        Stamp.verify(kept.byteBuffer(), 11);
        PoolInvariants.assertSound(pools());
        assertFresh(pool.acquire(1_000), 1_000).release();
        kept.release();
    }

    @Test
    void closeRefusesEveryVerb() {
        pool.acquire(1_000).release();
        pool.close();
        pool.close();
        assertThat(pool.isClosed()).isTrue();
        assertThat(pool.stats().allocatedBytes()).as("idle memory after close").isZero();
        for (int size : new int[] {1_000, 2_000, ABOVE_CLASSES}) {
            assertThatThrownBy(() -> pool.acquire(size)).isInstanceOf(PoolClosedException.class);
            assertThatThrownBy(() -> pool.acquire(size, "holder")).isInstanceOf(PoolClosedException.class);
            assertThatThrownBy(() -> pool.tryAcquire(size)).isInstanceOf(PoolClosedException.class);
            assertThatThrownBy(() -> pool.tryAcquire(size, "holder")).isInstanceOf(PoolClosedException.class);
            assertThat(pool.request(size)).isCompletedExceptionally();
            assertThatThrownBy(() -> pool.request(size).join()).hasCauseInstanceOf(PoolClosedException.class);
        }
    }

    @Test
    void leasesOutliveThePoolAndFreeTheirMemoryOneSlabAfterTheOther() {
        List<PooledBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < PoolShape.MAX_BUFFERS; i++) {
            buffers.add(pool.acquire(1_000));
            Stamp.write(buffers.get(i).byteBuffer(), i);
        }
        PooledBuffer large = pool.acquire(ABOVE_CLASSES);

        pool.close();
        for (int i = 0; i < buffers.size(); i++) {
            Stamp.verify(buffers.get(i).byteBuffer(), i);
            buffers.get(i).retain().release();
        }
        PoolInvariants.assertSound(pools());

        large.release();
        for (PooledBuffer buffer : buffers) {
            buffer.release();
            assertThat(pool.stats().allocatedBytes())
                    .as("whole slabs of at most half of what is made: %s", pool)
                    .isLessThanOrEqualTo(2 * 1_024 * PoolShape.MAX_BUFFERS);
        }
        assertThat(pool.stats().allocatedBytes()).as("with the last lease").isZero();
    }

    @Test
    void closeFailsThoseWhoWait() {
        List<PooledBuffer> all = fixture.takeAll(MEDIUM);
        CompletableFuture<PooledBuffer> waiting = pool.request(MEDIUM);
        pool.close();
        assertThatThrownBy(waiting::join).hasCauseInstanceOf(PoolClosedException.class);
        assertThat(pool.stats().pending()).isZero();
        release(all);
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void anyMixOfUseLeavesTheAccountsRight() {
        Random random = new Random(42);
        List<PooledBuffer> held = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            if (random.nextInt(3) == 0 && !held.isEmpty()) {
                held.remove(random.nextInt(held.size())).release();
            } else if (random.nextInt(20) == 0 && !held.isEmpty()) {
                held.add(held.get(random.nextInt(held.size())).retain());
            } else if (random.nextInt(50) == 0) {
                pool.shrink();
            } else {
                Optional<PooledBuffer> next = pool.tryAcquire(1 + random.nextInt(1 << random.nextInt(18)));
                next.ifPresent(held::add);
            }
            if (i % 50 == 0) {
                PoolInvariants.assertSound(pools());
            }
        }
        release(held);
    }
}
