package dev.sluice.netty;

import dev.sluice.PooledBuffer;

/** Gets a lease back from the {@link LeaseByteBuf} that lived on it. */
interface LeaseSink {

    /** Takes a lease back, and releases it. */
    void giveBack(PooledBuffer lease);
}
