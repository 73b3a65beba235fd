package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/** The allocators that the contract is tested on. Netty's own are there to test the tests. */
enum AllocatorShape {
    /** Direct buffers of a direct pool. */
    DIRECT(true),
    /** Heap buffers of a heap pool. */
    HEAP(false),
    /** Direct buffers while the pool has nothing. */
    DIRECT_OVERFLOW(true),
    /** Heap buffers while the pool has nothing. */
    HEAP_OVERFLOW(false),
    /** Direct buffers of a closed pool. */
    CLOSED(true),
    /** Direct buffers of a heap pool. */
    OTHER_DIRECT(true),
    /** Heap buffers of a direct pool. */
    OTHER_HEAP(false),
    NETTY_UNPOOLED_DIRECT(true),
    NETTY_UNPOOLED_HEAP(false),
    NETTY_POOLED_DIRECT(true),
    NETTY_POOLED_HEAP(false),
    NETTY_ADAPTIVE_DIRECT(true);

    final boolean direct;

    AllocatorShape(boolean direct) {
        this.direct = direct;
    }

    boolean isOurs() {
        return !name().startsWith("NETTY");
    }

    boolean isPooled() {
        return switch (this) {
            case DIRECT, HEAP -> true;
            default -> false;
        };
    }

    Fixture open() {
        return new Fixture(this);
    }

    /** An allocator for one test, and the proof afterwards that nothing is left of it. */
    static final class Fixture {

        final AllocatorShape shape;
        final ByteBufAllocator alloc;
        private final List<BufferPool> pools = new ArrayList<>();
        private final List<PooledBuffer> obstacles = new ArrayList<>();

        private Fixture(AllocatorShape shape) {
            this.shape = shape;
            this.alloc = make();
        }

        private ByteBufAllocator make() {
            return switch (shape) {
                case DIRECT, OTHER_HEAP -> over(pool(true));
                case HEAP, OTHER_DIRECT -> over(pool(false));
                case DIRECT_OVERFLOW -> over(exhausted(pool(true)));
                case HEAP_OVERFLOW -> over(exhausted(pool(false)));
                case CLOSED -> {
                    BufferPool pool = pool(true);
                    pool.close();
                    yield over(pool);
                }
                case NETTY_UNPOOLED_DIRECT, NETTY_UNPOOLED_HEAP -> new UnpooledByteBufAllocator(shape.direct);
                case NETTY_POOLED_DIRECT, NETTY_POOLED_HEAP -> new PooledByteBufAllocator(shape.direct);
                case NETTY_ADAPTIVE_DIRECT -> new AdaptiveByteBufAllocator(true);
            };
        }

        private BufferPool pool(boolean direct) {
            BufferPool pool =
                    BufferPool.builder().direct(direct).maxBytes(8 << 20).build();
            pools.add(pool);
            return pool;
        }

        private BufferPool exhausted(BufferPool pool) {
            obstacles.add(pool.acquire(8 << 20));
            return pool;
        }

        private ByteBufAllocator over(BufferPool pool) {
            BufferPoolAllocator made = NettyBuffers.allocator(pool);
            pools.add(made.overflow());
            return made;
        }

        ByteBuf buffer(int initialCapacity) {
            return buffer(initialCapacity, Integer.MAX_VALUE);
        }

        ByteBuf buffer(int initialCapacity, int maxCapacity) {
            return shape.direct
                    ? alloc.directBuffer(initialCapacity, maxCapacity)
                    : alloc.heapBuffer(initialCapacity, maxCapacity);
        }

        void verify() {
            obstacles.forEach(PooledBuffer::release);
            for (BufferPool pool : pools) {
                assertThat(pool.stats().buffersInUse())
                        .as("in flight in %s", pool)
                        .isZero();
                assertThat(pool.stats().pending()).as("pending in %s", pool).isZero();
            }
            if (alloc instanceof BufferPoolAllocator ours) {
                assertThat(ours.metric().usedDirectMemory())
                        .as("direct bytes in use")
                        .isZero();
                assertThat(ours.metric().usedHeapMemory())
                        .as("heap bytes in use")
                        .isZero();
            }
        }
    }
}
