package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;

/** Which pools some sequences take from, as far as their assembly shows. */
final class ReservePools {

    private ReservePools() {}

    /** Finds the pools; none if the sequences are made on the fly. */
    static Set<BufferPool> of(Iterable<? extends BufferFlux> sequences) {
        Set<BufferPool> pools = new LinkedHashSet<>();
        if (sequences instanceof Collection<?> all) {
            for (Object each : all) {
                Scannable.from(each).parents().forEach(parent -> add(parent, pools));
                add(each, pools);
            }
        }
        return pools;
    }

    private static void add(@Nullable Object publisher, Set<BufferPool> pools) {
        if (publisher instanceof FluxRead read) {
            pools.add(read.pool);
        } else if (publisher instanceof FluxFromFrames<?> frames) {
            pools.add(frames.pool);
        } else if (publisher instanceof FluxMergeBuffers merge) {
            pools.addAll(of(merge.sources));
        }
    }
}
