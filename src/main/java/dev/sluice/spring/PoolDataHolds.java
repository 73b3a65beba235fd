package dev.sluice.spring;

import dev.sluice.PooledBuffer;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The memory that a data buffer and its slices share, with the count of those who hold it: 1, more by each retain, less
 * by each release. The one that brings it to 0 gives the bytes back; from 0 it never rises again.
 */
final class PoolDataHolds {

    private final AtomicInteger holders = new AtomicInteger(1);

    /** Replaced when the buffer grows; the holder that grows it is alone with it, as a buffer is for one thread. */
    private volatile PoolDataBytes bytes;

    PoolDataHolds(PoolDataBytes bytes) {
        this.bytes = bytes;
    }

    boolean isAllocated() {
        return holders.get() > 0;
    }

    void retain() {
        int before = holders.get();
        while (!holders.compareAndSet(checked(before), before + 1)) {
            before = holders.get();
        }
    }

    /** Whether this was the last holder. */
    boolean release() {
        int before = holders.get();
        while (!holders.compareAndSet(checked(before), before - 1)) {
            before = holders.get();
        }
        if (before == 1) {
            bytes.release();
        }
        return before == 1;
    }

    private static int checked(int holders) {
        if (holders == 0) {
            throw new IllegalStateException("the buffer is released: nobody holds it any more");
        }
        return holders;
    }

    /** All bytes, to be read and written by index. */
    ByteBuffer view() {
        checked(holders.get());
        return bytes.view();
    }

    PoolDataBytes part(int from, int length) {
        checked(holders.get());
        return bytes.part(from, length);
    }

    void touch(Object hint) {
        if (isAllocated()) {
            bytes.touch(hint);
        }
    }

    /** Moves the buffer and its slices to other bytes, which have the same content. */
    void replace(PoolDataBytes moved) {
        checked(holders.get());
        PoolDataBytes before = bytes;
        bytes = moved;
        before.release();
    }

    /** Whether {@link #take} will give a lease. */
    @Nullable PooledBuffer lease() {
        return bytes instanceof PoolDataBytes.Leased leased ? leased.lease() : null;
    }

    /**
     * Turns one hold into a lease on a part. The last holder's is the lease itself where the part begins with it.
     *
     * @param lease what {@link #lease()} gave
     */
    PooledBuffer take(PooledBuffer lease, int from, int length) {
        if (from == 0 && holders.compareAndSet(1, 0)) {
            return lease.resize(length);
        }
        PooledBuffer part = lease.slice(from, length);
        release();
        return part;
    }
}
