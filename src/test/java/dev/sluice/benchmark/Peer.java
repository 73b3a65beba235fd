package dev.sluice.benchmark;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.DefaultByteBufferPool;
import java.nio.ByteBuffer;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.jctools.queues.MpmcArrayQueue;
import reactor.core.publisher.Mono;
import reactor.pool.InstrumentedPool;
import reactor.pool.PoolBuilder;
import reactor.pool.PooledRef;

/**
 * A pool to measure, behind the same three calls for all. A fork loads one subclass only, so the calls are inlined.
 *
 * @param <B> its buffer
 */
abstract class Peer<B> {

    /** Acquires a direct buffer and touches its first and its last byte. */
    abstract B acquire(int size);

    abstract void release(B buffer);

    static Peer<?> of(String name, int size) {
        return switch (name) {
            case "sluice" -> new Sluice(LeakDetection.SAMPLED, false);
            case "sluiceUnwatched" -> new Sluice(LeakDetection.OFF, false);
            case "sluiceFreeAtOnce" -> new Sluice(LeakDetection.SAMPLED, true);
            case "allocateDirect" -> new AllocateDirect();
            case "queue" -> new Queue(size);
            case "nettyPooled" -> new Netty(PooledByteBufAllocator.DEFAULT);
            case "nettyAdaptive" -> new Netty(new AdaptiveByteBufAllocator());
            case "jetty" -> new Jetty();
            case "undertow" -> new Undertow(size);
            case "commonsPool" -> new CommonsPool(size);
            case "reactorPool" -> new ReactorPool(size);
            default -> throw new IllegalArgumentException(name);
        };
    }

    static void touch(ByteBuffer buffer, int size) {
        buffer.put(0, (byte) 1);
        buffer.put(size - 1, (byte) 2);
    }

    static final class Sluice extends Peer<PooledBuffer> {

        private final BufferPool pool;

        Sluice(LeakDetection leakDetection, boolean unsafeFree) {
            pool = BufferPool.builder()
                    .maxBuffersPerSize(1 << 17)
                    .leakDetection(leakDetection)
                    .unsafeFree(unsafeFree)
                    .build();
        }

        @Override
        PooledBuffer acquire(int size) {
            PooledBuffer buffer = pool.acquire(size);
            touch(buffer.byteBuffer(), size);
            return buffer;
        }

        @Override
        void release(PooledBuffer buffer) {
            buffer.release();
        }
    }

    /** No pool at all: what is released is left to the collector. */
    static final class AllocateDirect extends Peer<ByteBuffer> {

        @Override
        ByteBuffer acquire(int size) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(size);
            touch(buffer, size);
            return buffer;
        }

        @Override
        void release(ByteBuffer buffer) {}
    }

    /** The least that a bounded pool can do: a queue of ready buffers, of one size, without any check. */
    static final class Queue extends Peer<ByteBuffer> {

        private static final int BUFFERS = 64;

        private final MpmcArrayQueue<ByteBuffer> queue = new MpmcArrayQueue<>(BUFFERS);

        Queue(int size) {
            for (int i = 0; i < BUFFERS; i++) {
                queue.add(ByteBuffer.allocateDirect(size));
            }
        }

        @Override
        ByteBuffer acquire(int size) {
            ByteBuffer buffer = queue.poll();
            touch(buffer, size);
            return buffer;
        }

        @Override
        void release(ByteBuffer buffer) {
            queue.offer(buffer);
        }
    }

    static final class Netty extends Peer<ByteBuf> {

        private final ByteBufAllocator allocator;

        Netty(ByteBufAllocator allocator) {
            this.allocator = allocator;
        }

        @Override
        ByteBuf acquire(int size) {
            ByteBuf buffer = allocator.directBuffer(size, size);
            buffer.setByte(0, 1);
            buffer.setByte(size - 1, 2);
            return buffer;
        }

        @Override
        void release(ByteBuf buffer) {
            buffer.release();
        }
    }

    static final class Jetty extends Peer<RetainableByteBuffer> {

        private final ArrayByteBufferPool pool = new ArrayByteBufferPool();

        @Override
        RetainableByteBuffer acquire(int size) {
            RetainableByteBuffer buffer = pool.acquire(size, true);
            touch(buffer.getByteBuffer().clear(), size);
            return buffer;
        }

        @Override
        void release(RetainableByteBuffer buffer) {
            buffer.release();
        }
    }

    /** Up to 128 buffers in one queue and twelve at each thread, as its server is set up with. */
    static final class Undertow extends Peer<PooledByteBuffer> {

        private final DefaultByteBufferPool pool;

        Undertow(int size) {
            pool = new DefaultByteBufferPool(true, size, 128, 12);
        }

        @Override
        PooledByteBuffer acquire(int size) {
            PooledByteBuffer buffer = pool.allocate();
            touch(buffer.getBuffer(), size);
            return buffer;
        }

        @Override
        void release(PooledByteBuffer buffer) {
            buffer.close();
        }
    }

    static final class CommonsPool extends Peer<ByteBuffer> {

        private final GenericObjectPool<ByteBuffer> pool;

        CommonsPool(int size) {
            pool = new GenericObjectPool<>(new BasePooledObjectFactory<>() {
                @Override
                public ByteBuffer create() {
                    return ByteBuffer.allocateDirect(size);
                }

                @Override
                public PooledObject<ByteBuffer> wrap(ByteBuffer buffer) {
                    return new DefaultPooledObject<>(buffer);
                }
            });
            pool.setMaxTotal(64);
            pool.setMaxIdle(64);
        }

        @Override
        ByteBuffer acquire(int size) {
            try {
                ByteBuffer buffer = pool.borrowObject();
                touch(buffer, size);
                return buffer;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        void release(ByteBuffer buffer) {
            pool.returnObject(buffer);
        }
    }

    static final class ReactorPool extends Peer<PooledRef<ByteBuffer>> {

        private final InstrumentedPool<ByteBuffer> pool;

        ReactorPool(int size) {
            pool = PoolBuilder.from(Mono.fromCallable(() -> ByteBuffer.allocateDirect(size)))
                    .sizeBetween(0, 64)
                    .buildPool();
        }

        @Override
        PooledRef<ByteBuffer> acquire(int size) {
            PooledRef<ByteBuffer> buffer = pool.acquire().block();
            touch(buffer.poolable(), size);
            return buffer;
        }

        @Override
        void release(PooledRef<ByteBuffer> buffer) {
            buffer.release().block();
        }
    }
}
