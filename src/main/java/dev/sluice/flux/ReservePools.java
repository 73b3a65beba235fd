package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.Scannable;

/** Which pools some sequences take from, and how much at a time, as far as their assembly shows. */
final class ReservePools {

    private ReservePools() {}

    /** Finds the pools; none if the sequences are made on the fly. */
    static Map<BufferPool, Integer> of(Iterable<? extends BufferFlux> sequences) {
        Map<BufferPool, Integer> pools = new LinkedHashMap<>();
        if (sequences instanceof Collection<?> all) {
            for (Object each : all) {
                Scannable.from(each).parents().forEach(parent -> add(parent, pools));
                add(each, pools);
            }
        }
        return pools;
    }

    private static void add(@Nullable Object publisher, Map<BufferPool, Integer> pools) {
        if (publisher instanceof FluxRead read) {
            pools.merge(read.pool, read.chunkSize(), Math::max);
        } else if (publisher instanceof FluxFromFrames<?> frames) {
            pools.merge(frames.pool, 1, Math::max);
        } else if (publisher instanceof FluxMergeBuffers merge) {
            of(merge.sources).forEach((pool, bytes) -> pools.merge(pool, bytes, Math::max));
        }
    }
}
