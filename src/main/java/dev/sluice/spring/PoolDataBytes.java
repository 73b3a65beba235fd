package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** One right to some bytes: of a pool, or of none. Released once, by who made sure that nobody uses it any more. */
sealed interface PoolDataBytes {

    /** All of them, from position 0 to the limit, which is the capacity. To be read and written by index. */
    ByteBuffer view();

    /** A further right to a part, which is released on its own. */
    PoolDataBytes part(int from, int length);

    void release();

    default void touch(Object hint) {}

    /** Memory of a pool. */
    record Leased(PooledBuffer lease) implements PoolDataBytes {

        public Leased {
            lease.resize(lease.capacity());
        }

        @Override
        public ByteBuffer view() {
            return lease.byteBuffer();
        }

        @Override
        public PoolDataBytes part(int from, int length) {
            return new Leased(lease.slice(from, length));
        }

        @Override
        public void release() {
            lease.release();
        }

        @Override
        public void touch(Object hint) {
            lease.touch(hint);
        }
    }

    /** Memory that somebody else owns, or nobody: the collector frees it. */
    record Wrapped(ByteBuffer view) implements PoolDataBytes {

        @Override
        public PoolDataBytes part(int from, int length) {
            return new Wrapped(view.slice(from, length));
        }

        @Override
        public void release() {}
    }

    /** Memory that was made beside the pool, and is counted until the last right to it is released. */
    record Overflowed(ByteBuffer view, PoolDataOverflow overflow, int charged, AtomicInteger rights)
            implements PoolDataBytes {

        Overflowed(ByteBuffer view, PoolDataOverflow overflow) {
            this(view, overflow, view.capacity(), new AtomicInteger(1));
        }

        @Override
        public PoolDataBytes part(int from, int length) {
            rights.incrementAndGet();
            return new Overflowed(view.slice(from, length), overflow, charged, rights);
        }

        @Override
        public void release() {
            if (rights.decrementAndGet() == 0) {
                overflow.credit(charged);
            }
        }
    }
}
