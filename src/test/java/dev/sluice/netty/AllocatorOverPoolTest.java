package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.InvalidSizeException;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.util.ResourceLeakDetector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the allocator takes of the pool and of the overflow, and what it says of it. */
class AllocatorOverPoolTest {

    private static final int LIMIT = 1 << 20;

    private final BufferPool pool =
            BufferPool.builder().name("io").maxBytes(LIMIT).build();
    private final BufferPool overflow =
            BufferPool.builder().name("more").maxBytes(64 << 10).build();
    private final BufferPoolAllocator alloc = NettyBuffers.allocator(pool, overflow);

    @AfterEach
    void nothingIsLeft() {
        assertAtRest(pool);
        assertAtRest(overflow);
        assertThat(alloc.metric().usedDirectMemory()).isZero();
        assertThat(alloc.metric().usedHeapMemory()).isZero();
    }

    private static void assertAtRest(BufferPool pool) {
        assertThat(pool.stats().buffersInUse()).as("in flight in %s", pool).isZero();
        assertThat(pool.stats().pending()).as("pending in %s", pool).isZero();
    }

    @Test
    void aBufferIsALeaseOfItsSizeClass() {
        ByteBuf buffer = alloc.directBuffer(1000);
        assertThat(pool.stats().bytesInUse()).isEqualTo(1024);
        assertThat(alloc.metric().usedDirectMemory()).isEqualTo(1024);
        buffer.capacity(1024);
        assertThat(pool.stats().totalAcquisitions())
                .as("leases, after growth within one")
                .isOne();
        buffer.capacity(1025);
        assertThat(pool.stats().bytesInUse()).isEqualTo(1280);
        assertThat(alloc.metric().usedDirectMemory()).isEqualTo(1280);
        buffer.release();
    }

    @Test
    void anEmptyBufferPinsNothing() {
        ByteBuf buffer = alloc.buffer(0);
        assertThat(pool.stats().totalAcquisitions()).isZero();
        buffer.writeByte(1);
        assertThat(pool.stats().bytesInUse()).isEqualTo(64);
        buffer.capacity(0);
        assertThat(pool.stats().bytesInUse()).isZero();
        buffer.release();
        alloc.buffer(0).release();
    }

    @Test
    void aBufferThatShrinksGivesMemoryUp() {
        ByteBuf buffer = alloc.buffer(64 << 10).writeLong(42);
        buffer.capacity(40 << 10);
        assertThat(pool.stats().bytesInUse()).as("more than half is needed").isEqualTo(64 << 10);
        buffer.capacity(8);
        assertThat(pool.stats().bytesInUse()).isEqualTo(64);
        assertThat(buffer.readLong()).isEqualTo(42);
        buffer.release();
    }

    @Test
    void aBufferThatCannotMoveShrinksInPlace() {
        ByteBuf buffer = alloc.buffer(64 << 10).writeLong(42);
        List<PooledBuffer> all = exhaust(64 << 10, 64);
        buffer.capacity(8);
        assertThat(buffer.readLong()).isEqualTo(42);
        assertThat(overflow.stats().totalAcquisitions()).isZero();
        all.forEach(PooledBuffer::release);
        buffer.release();
    }

    private List<PooledBuffer> exhaust(int... sizes) {
        List<PooledBuffer> taken = new ArrayList<>();
        for (int size : sizes) {
            for (var next = pool.tryAcquire(size); next.isPresent(); next = pool.tryAcquire(size)) {
                taken.add(next.get());
            }
        }
        return taken;
    }

    @Test
    void anExhaustedPoolOverflowsWithinBounds() {
        PooledBuffer all = pool.acquire(LIMIT);
        List<ByteBuf> buffers = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            buffers.add(alloc.buffer(2048).writeLong(i));
        }
        assertThat(overflow.stats().bytesInUse()).isEqualTo(64 << 10);
        assertThat(alloc.metric().usedDirectMemory()).isEqualTo(64 << 10);
        assertThatThrownBy(() -> alloc.buffer(2048))
                .isInstanceOf(PoolExhaustedException.class)
                .hasMessageContaining("pool 'more' cannot grant 2,048 bytes now")
                .hasMessageContaining("in use 65,536 bytes in 32 buffers")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .singleElement()
                        .satisfies(pools -> assertThat(pools)
                                .hasMessageContaining("pool 'io' cannot grant 2,048 bytes now")
                                .hasMessageContaining("limit 1,048,576 bytes")));
        ByteBuf grown = buffers.get(0);
        assertThatThrownBy(() -> grown.capacity(4096)).isInstanceOf(PoolExhaustedException.class);
        assertThat(grown.getLong(0)).as("content after a growth that failed").isZero();
        assertThat(grown.capacity()).isEqualTo(2048);
        all.release();
        ByteBuf back = alloc.buffer(2048);
        assertThat(pool.stats().bytesInUse()).as("back in the pool").isEqualTo(2048);
        back.release();
        buffers.forEach(ByteBuf::release);
        assertThat(overflow.stats().peakBytes()).isEqualTo(64 << 10);
        assertThat(overflow.stats().totalAcquisitions()).isEqualTo(32);
    }

    @Test
    void aBufferMovesBetweenPoolAndOverflowAsItGrows() {
        PooledBuffer most = pool.acquire(LIMIT);
        ByteBuf buffer = alloc.buffer(100).writeLong(42);
        assertThat(overflow.stats().buffersInUse()).isOne();
        most.release();
        buffer.capacity(10_000);
        assertThat(overflow.stats().buffersInUse()).isZero();
        assertThat(pool.stats().buffersInUse()).isOne();
        PooledBuffer rest = pool.acquire(LIMIT / 2);
        List<PooledBuffer> all = exhaust(20_480, 64);
        buffer.capacity(20_480);
        assertThat(overflow.stats().buffersInUse()).isOne();
        assertThat(buffer.readLong()).isEqualTo(42);
        all.forEach(PooledBuffer::release);
        rest.release();
        buffer.release();
    }

    @Test
    void whoeverWaitsIsNotOvertaken() {
        PooledBuffer all = pool.acquire(LIMIT);
        CompletableFuture<PooledBuffer> waiting = pool.request(LIMIT);
        ByteBuf buffer = alloc.buffer(100);
        assertThat(overflow.stats().buffersInUse()).isOne();
        all.release();
        waiting.join().release();
        buffer.release();
    }

    @Test
    void whatIsLargerThanBothIsAnErrorOfSize() {
        ByteBuf buffer = alloc.buffer(1000, LIMIT * 2);
        assertThatThrownBy(() -> buffer.capacity(LIMIT + 1))
                .isInstanceOf(InvalidSizeException.class)
                .hasMessageContaining("1,048,577");
        assertThat(alloc.calculateNewCapacity(LIMIT / 2 + 1, Integer.MAX_VALUE)).isEqualTo(LIMIT);
        BufferPool odd = BufferPool.builder().maxBytes(100_000).build();
        assertThat(NettyBuffers.allocator(odd).calculateNewCapacity(70_000, Integer.MAX_VALUE))
                .as("not doubled beyond the budget")
                .isEqualTo(70_000);
        buffer.release();
    }

    @Test
    void aClosedPoolLetsItsBuffersFinish() {
        ByteBuf buffer = alloc.buffer(1000).writeLong(42);
        pool.close();
        assertThat(buffer.getLong(0)).isEqualTo(42);
        buffer.capacity(5000);
        assertThat(buffer.readLong()).isEqualTo(42);
        assertThat(overflow.stats().buffersInUse()).isOne();
        assertThat(pool.stats().buffersInUse()).isZero();
        buffer.release();
        assertThat(pool.stats().allocatedBytes()).isZero();
    }

    @Test
    void theOverflowIsAnEighthOfTheBudgetWithinBounds() {
        assertThat(overflowOf(1 << 20)).isEqualTo(16 << 20);
        assertThat(overflowOf(512 << 20)).isEqualTo(64 << 20);
        assertThat(overflowOf(Long.MAX_VALUE)).isEqualTo(256 << 20);
    }

    private static long overflowOf(long maxBytes) {
        BufferPool pool = BufferPool.builder().name("p").maxBytes(maxBytes).build();
        BufferPool overflow = NettyBuffers.allocator(pool).overflow();
        assertThat(overflow.name()).isEqualTo("p-overflow");
        return overflow.budget().limit();
    }

    @Test
    void refusesAnOverflowThatIsNone() {
        BufferPool heap = BufferPool.builder().name("heap").direct(false).build();
        assertThatThrownBy(() -> NettyBuffers.allocator(pool, pool))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pool 'io' cannot be its own overflow");
        assertThatThrownBy(() -> NettyBuffers.allocator(pool, heap))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pool 'io' is direct, and its overflow 'heap' is heap");
        assertThatThrownBy(() -> NettyBuffers.allocator(null)).hasMessage("pool");
        assertThatThrownBy(() -> NettyBuffers.allocator(pool, null)).hasMessage("overflow");
    }

    @Test
    void directBuffersOfAHeapPoolCountOnItsBudget() {
        MemoryBudget budget = MemoryBudget.of(LIMIT);
        BufferPool heap =
                BufferPool.builder().name("heap").direct(false).budget(budget).build();
        BufferPoolAllocator heapAlloc = NettyBuffers.allocator(heap);
        ByteBuf direct = heapAlloc.directBuffer(1024);
        assertThat(direct.isDirect()).isTrue();
        assertThat(direct.alloc()).isSameAs(heapAlloc);
        assertThat(budget.used()).isPositive();
        assertThat(heap.stats().buffersInUse()).isZero();
        assertThat(heapAlloc.metric().usedDirectMemory()).isEqualTo(1024);
        ByteBuf io = heapAlloc.ioBuffer(10);
        assertThat(io.isDirect()).isFalse();
        io.release();
        direct.release();
        assertThat(heapAlloc.metric().usedDirectMemory()).isZero();
    }

    @Test
    void theMetricIsLive() {
        ByteBufAllocatorMetric metric = alloc.metric();
        ByteBuf onHeap = alloc.heapBuffer(100);
        assertThat(metric.usedHeapMemory()).isEqualTo(100);
        onHeap.capacity(300);
        assertThat(metric.usedHeapMemory()).isEqualTo(300);
        assertThat(metric).hasToString("usedHeapMemory: 300, usedDirectMemory: 0");
        assertThat(alloc.toString()).contains("io", "more");
        onHeap.release();
        assertThat(metric.usedHeapMemory()).isZero();
    }

    @Test
    void buffersAreWatchedByNettysLeakDetector() {
        ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
        try {
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
            ByteBuf buffer = alloc.directBuffer(100).writeLong(42).touch("here");
            assertThat(buffer).isNotInstanceOf(LeaseByteBuf.class);
            assertThat(buffer.unwrap()).isInstanceOf(LeaseByteBuf.class);
            PooledBuffer lease = Leases.leaseOn(buffer, pool);
            assertThat(lease.byteBuffer().getLong()).isEqualTo(42);
            ByteBuf slice = buffer.retainedSlice(2, 4);
            buffer.release();
            slice.release();
            lease.release();
        } finally {
            ResourceLeakDetector.setLevel(before);
        }
    }

    @Test
    void threadsShareOneAllocator() {
        CompletableFuture<?>[] threads = new CompletableFuture<?>[4];
        List<ByteBuf> shared = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            shared.add(alloc.buffer(64).writeInt(i));
        }
        for (int t = 0; t < threads.length; t++) {
            int share = t;
            threads[t] = CompletableFuture.runAsync(() -> {
                for (int i = share; i < 1000; i += threads.length) {
                    shared.get(i).release();
                    ByteBuf own = alloc.buffer(ThreadLocalRandom.current().nextInt(2000));
                    own.writeLong(i).writeZero(ThreadLocalRandom.current().nextInt(2000));
                    assertThat(own.readLong()).isEqualTo(i);
                    own.release();
                }
            });
        }
        CompletableFuture.allOf(threads).join();
    }
}
