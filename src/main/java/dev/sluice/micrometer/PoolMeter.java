package dev.sluice.micrometer;

import io.micrometer.core.instrument.Meter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every meter that {@link PoolMetrics} binds. */
public enum PoolMeter {

    /** {@link dev.sluice.PoolStats#buffersInUse()}. */
    IN_FLIGHT(
            "sluice.in.flight", Meter.Type.GAUGE, "buffers", Tags.SIZE, "Buffers that are leased and not yet released"),

    /** {@link dev.sluice.PoolStats#availableBuffers()}. */
    IDLE("sluice.idle", Meter.Type.GAUGE, "buffers", Tags.SIZE, "Buffers that the pool owns and nobody leases"),

    /** {@link dev.sluice.PoolStats#demand()}. */
    DEMAND(
            "sluice.demand",
            Meter.Type.GAUGE,
            "buffers",
            Tags.SIZE,
            "Buffers that subscribers have requested and not yet been given, pending requests included"),

    /** {@link dev.sluice.PoolStats#pending()}. */
    PENDING("sluice.pending", Meter.Type.GAUGE, "requests", Tags.SIZE, "Requests that wait for memory"),

    /** {@link dev.sluice.PoolStats#bytesInUse()}. */
    MEMORY_IN_USE("sluice.memory.in.use", Meter.Type.GAUGE, "bytes", Tags.SIZE, "Capacity of the buffers in flight"),

    /** {@link dev.sluice.PoolStats#idleBytes()}. */
    MEMORY_IDLE(
            "sluice.memory.idle",
            Meter.Type.GAUGE,
            "bytes",
            Tags.SIZE,
            "What is charged to the budget and nobody leases, parts of slabs that are no buffers yet included"),

    /** {@link dev.sluice.PoolStats#demandBytes()}. */
    MEMORY_DEMAND(
            "sluice.memory.demand", Meter.Type.GAUGE, "bytes", Tags.SIZE, "Capacity of the buffers of the demand"),

    /** {@link dev.sluice.PoolStats#peakBytes()}. */
    MEMORY_PEAK(
            "sluice.memory.peak",
            Meter.Type.GAUGE,
            "bytes",
            Tags.POOL,
            "The most that was ever charged to the budget for this pool at once"),

    /** {@link dev.sluice.MemoryBudget#used()} of the pool's budget. */
    BUDGET_USED(
            "sluice.budget.used",
            Meter.Type.GAUGE,
            "bytes",
            Tags.POOL,
            "What is charged to the budget of the pool, by all pools that draw on it"),

    /** {@link dev.sluice.MemoryBudget#limit()} of the pool's budget. */
    BUDGET_LIMIT(
            "sluice.budget.limit",
            Meter.Type.GAUGE,
            "bytes",
            Tags.POOL,
            "The limit of the budget of the pool; infinite if there is none"),

    /** {@link dev.sluice.PoolStats#totalAcquisitions()}. */
    ACQUISITIONS("sluice.acquisitions", Meter.Type.COUNTER, null, Tags.SIZE, "Buffers leased"),

    /** {@link dev.sluice.PoolStats#hits()}. */
    HITS("sluice.hits", Meter.Type.COUNTER, null, Tags.SIZE, "Acquisitions that found a free buffer of their size"),

    /** {@link dev.sluice.PoolStats#misses()}. */
    MISSES(
            "sluice.misses",
            Meter.Type.COUNTER,
            null,
            Tags.SIZE,
            "Acquisitions for which memory had to be made or waited for"),

    /** {@link dev.sluice.PoolStats#reclaimedBytes()}. */
    MEMORY_RECLAIMED(
            "sluice.memory.reclaimed",
            Meter.Type.COUNTER,
            "bytes",
            Tags.SIZE,
            "Idle memory given up for a request of another size or pool"),

    /** {@link dev.sluice.PoolStats#shrunkBytes()}. */
    MEMORY_SHRUNK(
            "sluice.memory.shrunk",
            Meter.Type.COUNTER,
            "bytes",
            Tags.SIZE,
            "Idle memory given back to the system by shrinking"),

    /** {@link dev.sluice.PoolStats#lost()}. */
    LEAKS(
            "sluice.leaks",
            Meter.Type.COUNTER,
            null,
            Tags.SIZE,
            "Buffers given up because a lease of theirs became garbage unreleased"),

    /** {@link dev.sluice.PoolEvent.Refused}. */
    REFUSALS(
            "sluice.refusals",
            Meter.Type.COUNTER,
            null,
            Tags.POOL,
            "Calls that got nothing and do not wait, as all was in use or others waited"),

    /** {@link dev.sluice.PoolEvent.Overflowed}. */
    OVERFLOWS(
            "sluice.overflows",
            Meter.Type.COUNTER,
            null,
            Tags.POOL,
            "Buffers that an adapter took from outside the budget, as its caller could neither wait nor fail"),

    /** {@link dev.sluice.PoolEvent.Overflowed#bytes()}. */
    MEMORY_OVERFLOWED(
            "sluice.memory.overflowed", Meter.Type.COUNTER, "bytes", Tags.POOL, "The capacity of those buffers"),

    /** {@link dev.sluice.PoolEvent.Waited}. */
    WAIT(
            "sluice.wait",
            Meter.Type.TIMER,
            "seconds",
            Tags.OUTCOME,
            "How long requests waited that could not be served at once, and how that ended"),

    /** {@link dev.sluice.PoolEvent.Held}. */
    HOLD(
            "sluice.hold",
            Meter.Type.TIMER,
            "seconds",
            Tags.POOL,
            "How long watched leases were held: a sample, and all that streams emit");

    /** What tells the meters of one name apart. */
    private enum Tags {
        POOL,
        SIZE,
        OUTCOME;

        private List<String> keys() {
            return switch (this) {
                case POOL -> List.of("pool");
                case SIZE -> List.of("pool", "size");
                case OUTCOME -> List.of("pool", "outcome");
            };
        }
    }

    private final String meterName;
    private final Meter.Type type;
    private final @Nullable String baseUnit;
    private final Tags tags;
    private final String description;

    PoolMeter(String meterName, Meter.Type type, @Nullable String baseUnit, Tags tags, String description) {
        this.meterName = meterName;
        this.type = type;
        this.baseUnit = baseUnit;
        this.tags = tags;
        this.description = description;
    }

    /**
     * The name in Micrometer; registries make their own of it, as Prometheus does with {@code
     * sluice_in_flight_buffers}.
     *
     * @return the name, its words separated by dots
     */
    public String meterName() {
        return meterName;
    }

    /**
     * What kind of meter it is.
     *
     * @return gauge, counter or timer
     */
    public Meter.Type type() {
        return type;
    }

    /**
     * What it is measured in.
     *
     * @return the unit; null where the name says what is counted
     */
    public @Nullable String baseUnit() {
        return baseUnit;
    }

    /**
     * The keys of its tags: {@code pool} is the name of the pool; {@code size} the capacity of the buffers in bytes, or
     * {@code larger}; {@code outcome} how waiting ended.
     *
     * @return the keys
     */
    public List<String> tags() {
        return tags.keys();
    }

    /**
     * What it says.
     *
     * @return a phrase
     */
    public String description() {
        return description;
    }
}
