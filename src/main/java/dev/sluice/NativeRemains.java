package dev.sluice;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the memory of a pool whose slab is gone: it is freed, or, where only the collector can do that, it is
 * spare for the slab that it was reclaimed for, or waits for the collector.
 */
final class NativeRemains {

    private final NativeSpares spares;
    private final NativeWaiting waiting;

    /** Has the shrinker look at the pool, if it does not anyway. */
    private final Runnable armLook;

    NativeRemains(NativeSpares spares, NativeWaiting waiting, Runnable armLook) {
        this.spares = spares;
        this.waiting = waiting;
        this.armLook = armLook;
    }

    /**
     * Gives the memory of a slab back. Never throws: it is credited already, and what goes wrong here leaves it to the
     * collector.
     *
     * @param isWanted whether it was reclaimed for another slab of the same pool
     */
    void giveBack(SlabMemory memory, boolean isWanted) {
        NativeBuffer left = memory.leftToCollector();
        if (left == null) {
            memory.freeOrLog();
            return;
        }
        try {
            drop(isWanted ? spares.add(left) : List.of(left));
        } catch (RuntimeException | Error e) {
            EventLogOnce.TROUBLE.warn("memory of a pool is left to the collector, which may not run for long", e);
        }
    }

    /** Memory for a slab from what is spare; null if that does not do. */
    @Nullable SlabMemory take(int slabBytes, int slotBytes) {
        NativeBuffer taken = spares.take(slabBytes);
        return taken == null ? null : new SlabMemory.Direct(taken, slotBytes);
    }

    /** Gives up what is spare. */
    void dropSpares() {
        drop(spares.takeAll());
    }

    private void drop(List<NativeBuffer> pieces) {
        boolean wantsLook = false;
        for (NativeBuffer piece : pieces) {
            ByteBuffer whole = piece.drop();
            wantsLook |= whole != null && waiting.add(whole);
        }
        if (wantsLook) {
            armLook.run();
        }
    }

    /** See {@link NativeWaiting#look}. */
    long look(long usedBytes, long freedBytes) {
        dropSpares();
        return waiting.look(usedBytes, freedBytes);
    }

    /** See {@link NativeWaiting#wantsLook}. */
    boolean wantsLook() {
        return waiting.wantsLook();
    }
}
