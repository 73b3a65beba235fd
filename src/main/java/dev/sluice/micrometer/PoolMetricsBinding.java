package dev.sluice.micrometer;

import dev.sluice.BufferPool;
import dev.sluice.PoolEvent;
import dev.sluice.PoolListener;
import dev.sluice.PoolStats;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One pool at one registry. The pool refers to this as its listener, and the registry's gauges and counters only
 * weakly:
 *
 * <pre>{@code
 *   pool -> binding -> readings -> pool        garbage together
 *   registry - - - - -> readings
 *   binding -> registry
 * }</pre>
 */
final class PoolMetricsBinding implements PoolListener {

    private static final Duration SHORTEST = Duration.ofNanos(100_000);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final MeterRegistry registry;
    private final PoolMetricsReadings readings;
    private final Tags tags;
    private final Counter refusals;
    private final Counter overflows;
    private final Counter overflowedBytes;
    private final Timer hold;

    /** Guarded by this, as is all below. */
    private final List<Meter> meters = new ArrayList<>();

    private final Map<PoolEvent.Waited.End, Timer> waits = new EnumMap<>(PoolEvent.Waited.End.class);
    private final Set<Integer> sizes = new HashSet<>();
    private PoolListener.@Nullable Registration registration;
    private boolean closed;

    private PoolMetricsBinding(BufferPool pool, MeterRegistry registry, Tags extra, LongSupplier nanoTime) {
        this.registry = registry;
        this.readings = new PoolMetricsReadings(pool, nanoTime, this::addSizes);
        this.tags = extra.and("pool", pool.name());
        total(PoolMeter.MEMORY_PEAK, now -> now.total().peakBytes());
        total(PoolMeter.BUDGET_USED, PoolMetricsReadings.Snapshot::budgetUsed);
        total(PoolMeter.BUDGET_LIMIT, now -> orInfinite(now.budgetLimit()));
        refusals = counter(PoolMeter.REFUSALS);
        overflows = counter(PoolMeter.OVERFLOWS);
        overflowedBytes = counter(PoolMeter.MEMORY_OVERFLOWED);
        hold = timer(PoolMeter.HOLD, tags);
        waitTimer(PoolEvent.Waited.End.GRANTED);
        addSizes(readings.sizes());
    }

    static PoolMetricsBinding of(BufferPool pool, MeterRegistry registry, Tags tags) {
        return of(pool, registry, tags, System::nanoTime);
    }

    static PoolMetricsBinding of(BufferPool pool, MeterRegistry registry, Tags tags, LongSupplier nanoTime) {
        PoolMetricsBinding binding = new PoolMetricsBinding(pool, registry, tags, nanoTime);
        binding.listenTo(pool);
        return binding;
    }

    private synchronized void listenTo(BufferPool pool) {
        registration = pool.addListener(this);
        if (pool.isClosed()) {
            close(); // it may not have told us
        }
    }

    private static double orInfinite(long limit) {
        return limit == Long.MAX_VALUE ? Double.POSITIVE_INFINITY : limit;
    }

    long snapshots() {
        return readings.snapshots();
    }

    private synchronized void addSizes(Set<Integer> used) {
        if (!closed) {
            used.stream().filter(sizes::add).forEach(this::addSize);
        }
    }

    private void addSize(int size) {
        gauge(PoolMeter.IN_FLIGHT, size, PoolStats::buffersInUse);
        gauge(PoolMeter.IDLE, size, PoolStats::availableBuffers);
        gauge(PoolMeter.DEMAND, size, PoolStats::demand);
        gauge(PoolMeter.PENDING, size, PoolStats::pending);
        gauge(PoolMeter.MEMORY_IN_USE, size, PoolStats::bytesInUse);
        gauge(PoolMeter.MEMORY_IDLE, size, PoolStats::idleBytes);
        gauge(PoolMeter.MEMORY_DEMAND, size, PoolStats::demandBytes);
        counter(PoolMeter.ACQUISITIONS, size, PoolStats::totalAcquisitions);
        counter(PoolMeter.HITS, size, PoolStats::hits);
        counter(PoolMeter.MISSES, size, PoolStats::misses);
        counter(PoolMeter.MEMORY_RECLAIMED, size, PoolStats::reclaimedBytes);
        counter(PoolMeter.MEMORY_SHRUNK, size, PoolStats::shrunkBytes);
        counter(PoolMeter.LEAKS, size, PoolStats::lost);
    }

    private void total(PoolMeter meter, ToDoubleFunction<PoolMetricsReadings.Snapshot> number) {
        PoolMetricsReadings.Reader<PoolMetricsReadings.Snapshot> reader = new PoolMetricsReadings.Reader<>(number);
        add(Gauge.builder(meter.meterName(), readings, from -> from.read(reader))
                .baseUnit(meter.baseUnit())
                .description(meter.description())
                .tags(tags)
                .register(registry));
    }

    private void gauge(PoolMeter meter, int size, ToDoubleFunction<PoolStats> number) {
        PoolMetricsReadings.Reader<PoolStats> reader = new PoolMetricsReadings.Reader<>(number);
        add(Gauge.builder(meter.meterName(), readings, from -> from.read(size, reader))
                .baseUnit(meter.baseUnit())
                .description(meter.description())
                .tags(tags.and("size", sizeText(size)))
                .register(registry));
    }

    private void counter(PoolMeter meter, int size, ToDoubleFunction<PoolStats> number) {
        PoolMetricsReadings.Reader<PoolStats> reader = new PoolMetricsReadings.Reader<>(number);
        add(FunctionCounter.builder(meter.meterName(), readings, from -> from.read(size, reader))
                .baseUnit(meter.baseUnit())
                .description(meter.description())
                .tags(tags.and("size", sizeText(size)))
                .register(registry));
    }

    private static String sizeText(int size) {
        return size == Integer.MAX_VALUE ? "larger" : Integer.toString(size);
    }

    private Counter counter(PoolMeter meter) {
        return add(Counter.builder(meter.meterName())
                .baseUnit(meter.baseUnit())
                .description(meter.description())
                .tags(tags)
                .register(registry));
    }

    private synchronized Timer waitTimer(PoolEvent.Waited.End end) {
        return waits.computeIfAbsent(
                end,
                ended -> timer(PoolMeter.WAIT, tags.and("outcome", ended.name().toLowerCase(Locale.ROOT))));
    }

    private Timer timer(PoolMeter meter, Tags tags) {
        return add(Timer.builder(meter.meterName())
                .description(meter.description())
                .tags(tags)
                .publishPercentileHistogram()
                .minimumExpectedValue(SHORTEST)
                .maximumExpectedValue(LONGEST)
                .register(registry));
    }

    private synchronized <M extends Meter> M add(M meter) {
        if (closed) {
            registry.remove(meter);
        } else {
            meters.add(meter);
        }
        return meter;
    }

    /** A size that was never used before has its meters at once, and not when somebody collects. */
    @Override
    public void slabMade(PoolEvent.SlabMade event) {
        if (isNew(event.capacity())) {
            addSizes(readings.sizes());
        }
    }

    private synchronized boolean isNew(int size) {
        return !sizes.contains(size);
    }

    @Override
    public void waited(PoolEvent.Waited event) {
        waitTimer(event.end()).record(event.waited());
    }

    @Override
    public void held(PoolEvent.Held event) {
        hold.record(event.held());
    }

    @Override
    public void refused(PoolEvent.Refused event) {
        refusals.increment();
    }

    @Override
    public void overflowed(PoolEvent.Overflowed event) {
        overflows.increment();
        overflowedBytes.increment((double) event.bytes());
    }

    @Override
    public void closed(PoolEvent.Closed event) {
        close();
    }

    synchronized void close() {
        closed = true;
        if (registration != null) {
            registration.close();
        }
        meters.forEach(registry::remove);
        meters.clear();
    }
}
