package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.function.Function;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;

/** The factories that one contract holds for: Spring's own beside ours. */
enum AnyFactory {
    POOL_DIRECT(pool -> new PooledDataBufferFactory(pool), true),
    POOL_HEAP(pool -> new PooledDataBufferFactory(pool), false),
    /** Of a pool that never has anything, so that every buffer is overflow. */
    POOL_OVERFLOW(pool -> new PooledDataBufferFactory(pool, 1 << 20), true),
    DEFAULT_HEAP(pool -> new DefaultDataBufferFactory(false), false),
    DEFAULT_DIRECT(pool -> new DefaultDataBufferFactory(true), false),
    NETTY_HEAP(pool -> new NettyDataBufferFactory(new UnpooledByteBufAllocator(false)), false),
    NETTY_DIRECT(pool -> new NettyDataBufferFactory(new UnpooledByteBufAllocator(true)), false);

    private final Function<BufferPool, DataBufferFactory> factories;
    private final boolean direct;

    AnyFactory(Function<BufferPool, DataBufferFactory> factories, boolean direct) {
        this.factories = factories;
        this.direct = direct;
    }

    boolean isOurs() {
        return this == POOL_DIRECT || this == POOL_HEAP || this == POOL_OVERFLOW;
    }

    /** A factory and what has to be at rest at the end. */
    Opened open() {
        BufferPool pool = BufferPool.builder()
                .name(name())
                .direct(direct)
                .maxBytes(this == POOL_OVERFLOW ? 1 << 20 : 16 << 20)
                .build();
        DataBufferFactory factory = factories.apply(pool);
        return new Opened(factory, pool, this == POOL_OVERFLOW);
    }

    static final class Opened implements AutoCloseable {

        final DataBufferFactory factory;
        final BufferPool pool;
        private final dev.sluice.PooledBuffer hog;

        Opened(DataBufferFactory factory, BufferPool pool, boolean exhausted) {
            this.factory = factory;
            this.pool = pool;
            this.hog = exhausted ? pool.acquire(1 << 20) : null;
        }

        @Override
        public void close() {
            if (hog != null) {
                hog.release();
            }
            PoolStats stats = pool.stats();
            assertThat(stats.buffersInUse()).as("in flight in %s", pool).isZero();
            assertThat(stats.pending()).as("pending in %s", pool).isZero();
            assertThat(stats.lost()).as("lost in %s", pool).isZero();
            if (factory instanceof PooledDataBufferFactory ours) {
                assertThat(ours.overflowBytes()).as("overflow of %s", ours).isZero();
            }
            if (factory instanceof NettyDataBufferFactory netty) {
                UnpooledByteBufAllocator allocator = (UnpooledByteBufAllocator) netty.getByteBufAllocator();
                assertThat(allocator.metric().usedHeapMemory()
                                + allocator.metric().usedDirectMemory())
                        .as("bytes of Netty's buffers")
                        .isZero();
            }
            pool.close();
        }
    }
}
