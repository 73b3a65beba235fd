package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** When direct memory is given back: at once, from Java 22 on and where the pool may; else when the collector runs. */
class NativeMemoryTest {

    private static final int SIZE = 3 << 20;

    private PoolFixture fixture;
    private BufferPool pool;
    private NativeMemoryWatch memory;

    @BeforeEach
    void open() throws InterruptedException {
        fixture = new PoolFixture(BufferPool.builder().maxBytes(8 << 20).unsafeFree(true));
        pool = fixture.pool;
        memory = new NativeMemoryWatch();
    }

    @AfterEach
    void nothingIsLeft() {
        fixture.verify();
    }

    private PooledBuffer acquire(BufferPool from, int size) {
        PooledBuffer buffer = from.acquire(size);
        memory.add(buffer.byteBuffer());
        assertThat(memory.isAlive()).isTrue();
        return buffer;
    }

    /** Copying a page of a file to just after the start of another page takes some processors twice as long. */
    @Test
    void beginsAtACacheLine() {
        for (int size = 64; size <= 4 << 20; size *= 2) {
            try (PooledBuffer buffer = pool.acquire(size)) {
                assertThat(buffer.byteBuffer().alignmentOffset(0, 64)).isZero();
                assertThat(buffer.byteBuffer().capacity()).isEqualTo(size);
            }
        }
    }

    @Test
    void staysWhileItIsIdle() {
        acquire(pool, SIZE).release();
        assertThat(memory.isAlive()).isTrue();
    }

    @Test
    void goesWithClear() {
        acquire(pool, SIZE).release();
        pool.clear();
        assertThat(memory.isAlive()).isFalse();
    }

    @Test
    void goesWithShrink() {
        acquire(pool, SIZE).release();
        pool.shrink();
        assertThat(memory.isAlive()).isFalse();
    }

    @Test
    void goesInSilence() {
        acquire(pool, SIZE).release();
        fixture.clock.advance(Duration.ofSeconds(1), 3);
        assertThat(memory.isAlive()).isFalse();
    }

    @Test
    void goesWithClose() {
        acquire(pool, SIZE).release();
        pool.close();
        assertThat(memory.isAlive()).isFalse();
    }

    @Test
    void goesWithTheLastLeaseOfAClosedPool() {
        PooledBuffer held = acquire(pool, SIZE);
        PooledBuffer part = held.slice(1, 2);
        pool.close();
        held.release();
        assertThat(memory.isAlive()).isTrue();
        part.release();
        assertThat(memory.isAlive()).isFalse();
    }

    @Test
    void goesWithALargeExactBuffer() {
        acquire(pool, 5 << 20).release();
        assertThat(memory.isAlive()).isFalse();
    }

    @Test
    void goesBeforeOtherMemoryTakesItsPlace() {
        acquire(pool, 4 << 20).release();
        acquire(pool, SIZE).release();
        pool.acquire(7 << 20).release();
        assertThat(memory.isAlive()).isFalse();
    }

    /** It was reclaimed for a request that was cancelled before its memory was made. */
    @Test
    void goesEvenIfNobodyTakesItsPlace() {
        acquire(pool, SIZE).release();
        PooledBuffer held = pool.acquire(512 << 10);
        CompletableFuture<PooledBuffer> blocking = pool.request(8 << 20);
        CompletableFuture<PooledBuffer> small = pool.request(64);
        CompletableFuture<PooledBuffer> large = pool.request(6 << 20);
        small.thenAccept(buffer -> assertThat(large.cancel(false)).isTrue());
        assertThat(pool.stats().pending()).isEqualTo(3);

        blocking.cancel(false);

        assertThat(large).isCancelled();
        assertThat(pool.stats().reclaimedBytes()).isEqualTo(SIZE);
        assertThat(memory.isAlive())
                .as("what was reclaimed for the cancelled request")
                .isFalse();
        PoolFixture.granted(small).release();
        held.release();
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_22)
    void aStaleViewOfFreedMemoryIsRefused() {
        PooledBuffer buffer = acquire(pool, SIZE);
        ByteBuffer stale = buffer.byteBuffer();
        buffer.release();
        pool.clear();
        assertThatThrownBy(() -> stale.get(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> stale.put(0, (byte) 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void isLeftToTheCollectorWhereStaleViewsMayBeUsed() throws InterruptedException {
        PoolFixture careful = new PoolFixture(BufferPool.builder().maxBytes(8 << 20));
        clearWithAStaleView(careful.pool);
        memory.awaitFreed();
        careful.verify();
    }

    private void clearWithAStaleView(BufferPool careful) {
        PooledBuffer buffer = acquire(careful, SIZE);
        ByteBuffer stale = buffer.byteBuffer();
        Stamp.write(stale, 3);
        buffer.release();
        careful.clear();
        if (Runtime.version().feature() < 22) {
            System.gc();
            Stamp.verify(stale, 3);
        }
    }
}
