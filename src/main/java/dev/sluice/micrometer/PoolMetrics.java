package dev.sluice.micrometer;

import dev.sluice.BufferPool;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Binds one pool to registries of Micrometer: {@code PoolMetrics.of(pool).bindTo(registry)}. {@link PoolMeter} lists
 * the meters.
 *
 * <p><b>Cost.</b> None for acquire and release: gauges and counters are read from {@link BufferPool#statsBySize()},
 * once for all meters each time they are collected. Times are those of requests that waited, and of watched leases,
 * which the pool tells a {@link dev.sluice.PoolListener}.
 *
 * <p><b>Names.</b> The name of the pool is a tag, so pools on one registry need names of their own. Sizes appear as
 * they are used, at most 66 of them.
 *
 * <p><b>Lifetime.</b> The meters go when the pool is closed, or when this is. They do not keep a pool from being
 * collected that nobody uses any more, and neither does this; it need not be kept. Thread-safe.
 */
public final class PoolMetrics implements MeterBinder, AutoCloseable {

    private final WeakReference<BufferPool> pool;
    private final Tags tags;

    /** The pool keeps them. Guarded by this. */
    private final List<WeakReference<PoolMetricsBinding>> bindings = new ArrayList<>();

    private PoolMetrics(BufferPool pool, Tags tags) {
        this.pool = new WeakReference<>(Objects.requireNonNull(pool, "pool"));
        this.tags = tags;
    }

    /**
     * Prepares to bind a pool.
     *
     * @param pool the pool
     * @return bound to nothing yet
     */
    public static PoolMetrics of(BufferPool pool) {
        return of(pool, Tags.empty());
    }

    /**
     * Prepares to bind a pool, with tags besides its own.
     *
     * @param pool the pool
     * @param tags given to every meter
     * @return bound to nothing yet
     */
    public static PoolMetrics of(BufferPool pool, Iterable<Tag> tags) {
        return new PoolMetrics(pool, Tags.of(tags));
    }

    /**
     * Registers the meters of the pool; does nothing for a pool that is closed.
     *
     * @param registry where to; several may be bound
     */
    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        BufferPool alive = pool.get();
        if (alive != null && !alive.isClosed()) {
            bindings.add(new WeakReference<>(PoolMetricsBinding.of(alive, registry, tags)));
        }
    }

    /** Removes the meters from every registry. Closing again does nothing. */
    @Override
    public synchronized void close() {
        for (WeakReference<PoolMetricsBinding> each : bindings) {
            @Nullable PoolMetricsBinding binding = each.get();
            if (binding != null) {
                binding.close();
            }
        }
        bindings.clear();
    }
}
