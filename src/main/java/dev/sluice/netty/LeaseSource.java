package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import org.jspecify.annotations.Nullable;

/** Where a {@link LeaseByteBuf} has its memory from. */
interface LeaseSource extends LeaseSink {

    /** Leases, or throws a {@link dev.sluice.BufferPoolException}. */
    PooledBuffer lease(int size);

    /** Leases without the overflow; null if the pool has nothing. */
    @Nullable PooledBuffer tryLease(int size);

    /** Whether its leases are direct. */
    boolean isDirect();
}
