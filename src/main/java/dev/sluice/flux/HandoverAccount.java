package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PooledBuffer;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * What all subscriptions of {@link Handover#UNTIL_END} hold together, of each pool and of each budget: at most half.
 *
 * <p>What is held until a sequence ends does not come back before that sequence has got its other buffers. If many
 * sequences held all of a budget, each would wait for the others for ever. The other half is enough for one buffer at a
 * time, which goes on as a copy then.
 */
final class HandoverAccount {

    /** Guarded by the class, as is {@link #BYTES}; a pool or budget that is forgotten takes its count with it. */
    private static final Map<BufferPool, Integer> BUFFERS = new WeakHashMap<>();

    private static final Map<MemoryBudget, Long> BYTES = new WeakHashMap<>();

    private HandoverAccount() {}

    /** Whether a buffer may be held; if so, it counts until {@link #giveBack}. */
    static synchronized boolean mayHold(PooledBuffer buffer) {
        BufferPool pool = buffer.pool();
        int bytes = buffer.pinnedBytes();
        if (BUFFERS.getOrDefault(pool, 0) + 1 > pool.maxBuffersPerSize() / 2) {
            return false;
        }
        for (MemoryBudget each = pool.budget(); each != null; each = each.parent()) {
            if (BYTES.getOrDefault(each, 0L) + bytes > each.limit() / 2) {
                return false;
            }
        }
        add(pool, 1, bytes);
        return true;
    }

    static synchronized void giveBack(BufferPool pool, int pinnedBytes) {
        add(pool, -1, -pinnedBytes);
    }

    private static void add(BufferPool pool, int buffers, int bytes) {
        BUFFERS.merge(pool, buffers, (a, b) -> a + b == 0 ? null : a + b);
        for (MemoryBudget each = pool.budget(); each != null; each = each.parent()) {
            BYTES.merge(each, (long) bytes, (a, b) -> a + b == 0 ? null : a + b);
        }
    }
}
