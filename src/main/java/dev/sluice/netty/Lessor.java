package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/** Where a {@link LeaseByteBuf} has its memory from, and where it gives it back. */
interface Lessor {

    /** Leases, or throws a {@link dev.sluice.BufferPoolException}. */
    PooledBuffer lease(int size);

    /** Leases without the overflow; null if the pool has nothing. */
    @Nullable PooledBuffer tryLease(int size);

    /** Takes a lease back, and releases it. */
    void giveBack(PooledBuffer lease);

    /** Whether its leases are direct. */
    boolean isDirect();
}
