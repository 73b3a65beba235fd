package dev.sluice;

import java.nio.ByteBuffer;

/**
 * A lease on memory that is full of one stamp: each cache line begins with it, or with one byte of it where no more fits.
 *
 * @param hops how many hands it has gone through
 */
record BurnParcel(PooledBuffer lease, long stamp, int hops) {

    static final int LINE_BYTES = 64;

    static BurnParcel stamped(PooledBuffer lease, long stamp) {
        ByteBuffer view = lease.byteBuffer();
        for (int i = 0; i < view.limit(); i += LINE_BYTES) {
            if (view.limit() - i < Long.BYTES) {
                view.put(i, (byte) stamp);
            } else {
                view.putLong(i, stamp);
            }
        }
        return new BurnParcel(lease, stamp, 0);
    }

    BurnParcel with(PooledBuffer other) {
        return new BurnParcel(other, stamp, hops + 1);
    }

    void verify() {
        ByteBuffer view = lease.byteBuffer();
        for (int i = 0; i < view.limit(); i += LINE_BYTES) {
            boolean right = view.limit() - i < Long.BYTES ? view.get(i) == (byte) stamp : view.getLong(i) == stamp;
            if (!right) {
                throw new AssertionError("%x is not the stamp %x at %,d of %s after %d hops"
                        .formatted(view.get(i), stamp, i, lease, hops));
            }
        }
    }

    /** Verifies once more and releases. */
    void end() {
        verify();
        lease.release();
        if (!lease.isReleased()) {
            throw new AssertionError(lease + " is alive after its release");
        }
    }
}
