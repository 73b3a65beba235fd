package dev.sluice;

import static dev.sluice.Messages.message;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Configures a {@link BufferPool}: made by {@link BufferPool#builder()}, each setting optional.
 *
 * <p>Bounds: with neither {@link #maxBytes} nor {@link #budget} nor {@link #maxBuffersPerSize}, a pool holds at most 64
 * buffers of each size. A bound that is set is the only one, unless several are. Not thread-safe.
 */
public final class BufferPoolBuilder {

    private static final int DEFAULT_MAX_BUFFERS = 64;
    private static final int DEFAULT_MAX_PENDING = 100_000;
    private static final Duration DEFAULT_SHRINK_INTERVAL = Duration.ofSeconds(1);

    private String name = "pool";
    private @Nullable Long maxBytes;
    private @Nullable MemoryBudget budget;
    private @Nullable Integer maxBuffersPerSize;
    private boolean direct = true;
    private boolean unsafeFree;
    private boolean collectInSilence = true;
    private long minIdleBytes;
    private int maxPending = DEFAULT_MAX_PENDING;
    private LeakDetection leakDetection = LeakDetection.SAMPLED;
    private @Nullable Consumer<LeakReport> onLeak;
    private final List<PoolListener> listeners = new ArrayList<>();
    private PoolClock clock = PoolClock.system();
    private Duration shrinkInterval = DEFAULT_SHRINK_INTERVAL;
    private boolean shared;
    private SlabMemory.@Nullable Source memory;
    private BooleanSupplier collector = NativeWaiting.Collector.INSTANCE;

    BufferPoolBuilder() {}

    /**
     * Names the pool in messages, reports and statistics.
     *
     * @param name the name; {@code "pool"} by default
     * @return this
     */
    public BufferPoolBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Bounds the bytes over all sizes, in use and idle, by a budget of the pool's own.
     *
     * @param maxBytes the limit, at least 1
     * @return this
     */
    public BufferPoolBuilder maxBytes(long maxBytes) {
        this.maxBytes = maxBytes;
        return this;
    }

    /**
     * Draws on a budget that other pools may share.
     *
     * @param budget the budget
     * @return this
     */
    public BufferPoolBuilder budget(MemoryBudget budget) {
        this.budget = Objects.requireNonNull(budget, "budget");
        return this;
    }

    /**
     * Bounds the number of buffers of each size class, in use and idle. All sizes above 4 MiB count as one.
     *
     * @param maxBuffersPerSize the bound, at least 1
     * @return this
     */
    public BufferPoolBuilder maxBuffersPerSize(int maxBuffersPerSize) {
        this.maxBuffersPerSize = maxBuffersPerSize;
        return this;
    }

    /**
     * Chooses direct or heap memory.
     *
     * @param direct true, the default: direct, as I/O wants it; false: heap buffers with an accessible array that
     *     begins at {@code arrayOffset() == 0}
     * @return this
     */
    public BufferPoolBuilder direct(boolean direct) {
        this.direct = direct;
        return this;
    }

    /**
     * On Java 17 to 21, frees direct memory at once when the pool shrinks, instead of leaving it to the collector.
     *
     * <p>The JVM then cannot protect a program that still uses a {@code ByteBuffer} of a released lease: such an access
     * may crash it. So it is off by default. From Java 22 on memory is freed at once and safely, whatever this says.
     *
     * @param unsafeFree true if no view of a released lease is ever used
     * @return this
     */
    public BufferPoolBuilder unsafeFree(boolean unsafeFree) {
        this.unsafeFree = unsafeFree;
        return this;
    }

    /**
     * On Java 17 to 21, chooses whether the pool may ask for a collection, by {@link System#gc()}, when it is silent
     * and 16 MiB or more of direct memory that it has dropped wait for the collector. All pools of a JVM together ask
     * at most once a minute. A pool with {@link #unsafeFree}, a heap pool, and any pool from Java 22 on leave nothing
     * to the collector, and never ask.
     *
     * @param collectInSilence true by default; false leaves it to the program and the JVM when to collect
     * @return this
     */
    public BufferPoolBuilder collectInSilence(boolean collectInSilence) {
        this.collectInSilence = collectInSilence;
        return this;
    }

    /**
     * Keeps so much idle memory from shrinking by itself.
     *
     * @param minIdleBytes the idle bytes to keep, once there are as many; 0 by default
     * @return this
     */
    public BufferPoolBuilder minIdleBytes(long minIdleBytes) {
        this.minIdleBytes = minIdleBytes;
        return this;
    }

    /**
     * Bounds how many requests may wait; one more fails with {@link PoolExhaustedException}.
     *
     * @param maxPending the bound, at least 0; 100,000 by default
     * @return this
     */
    public BufferPoolBuilder maxPending(int maxPending) {
        this.maxPending = maxPending;
        return this;
    }

    /**
     * Chooses which leases are watched for becoming garbage unreleased.
     *
     * @param leakDetection {@link LeakDetection#SAMPLED} by default
     * @return this
     */
    public BufferPoolBuilder leakDetection(LeakDetection leakDetection) {
        this.leakDetection = Objects.requireNonNull(leakDetection, "leakDetection");
        return this;
    }

    /**
     * Listens to the reports of lost leases: for short, one {@link #listener} that hears of nothing else.
     *
     * @param onLeak takes each report, in place of one that was set before
     * @return this
     */
    public BufferPoolBuilder onLeak(Consumer<LeakReport> onLeak) {
        this.onLeak = Objects.requireNonNull(onLeak, "onLeak");
        return this;
    }

    /**
     * Listens to what happens in the pool, from its first event on.
     *
     * @param listener is told, besides those that were given before; see there on which thread
     * @return this
     */
    public BufferPoolBuilder listener(PoolListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /**
     * Sets the clock by which the pool shrinks and requests time out.
     *
     * @param clock {@link PoolClock#system()} by default
     * @return this
     */
    public BufferPoolBuilder clock(PoolClock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
        return this;
    }

    /**
     * Sets how often idle memory is weighed against demand; what nobody needs any more is halved each time.
     *
     * @param shrinkInterval at least 1 ms; 1 s by default
     * @return this
     */
    public BufferPoolBuilder shrinkInterval(Duration shrinkInterval) {
        this.shrinkInterval = Objects.requireNonNull(shrinkInterval, "shrinkInterval");
        return this;
    }

    BufferPoolBuilder shared() {
        shared = true;
        return this;
    }

    /** Allocates slabs in another way: for tests. */
    BufferPoolBuilder memory(SlabMemory.Source source) {
        memory = source;
        return this;
    }

    /** Collects in another way: for tests. */
    BufferPoolBuilder collector(BooleanSupplier collector) {
        this.collector = collector;
        return this;
    }

    private SlabMemory.Source memory() {
        if (memory != null) {
            return memory;
        }
        boolean atOnce = unsafeFree;
        return direct
                ? (slabBytes, slotBytes) -> SlabMemory.direct(slabBytes, slotBytes, atOnce)
                : (slabBytes, slotBytes) -> new SlabMemory.Heap(slotBytes);
    }

    /**
     * Makes the pool.
     *
     * @return a pool with nothing allocated
     * @throws PoolConfigException if settings are impossible or contradict each other; the message names them
     */
    public BufferPool build() {
        MemoryBudget drawnOn = drawnOn();
        require(maxBuffersPerSize == null || maxBuffersPerSize >= 1, "maxBuffersPerSize", 1, maxBuffersPerSize);
        require(minIdleBytes >= 0, "minIdleBytes", 0, minIdleBytes);
        require(maxPending >= 0, "maxPending", 0, maxPending);
        if (minIdleBytes > drawnOn.limit()) {
            throw new PoolConfigException(message(
                    "pool '%s': minIdleBytes %,d is above %s %,d",
                    name, minIdleBytes, budget == null ? "maxBytes" : "the limit of its budget", drawnOn.limit()));
        }
        PoolRehearsal.once();
        if (direct) {
            PoolRehearsal.ofNativeMemory();
        }
        return new BufferPool(new PoolConfig(
                name,
                drawnOn,
                buffersPerSize(),
                direct,
                memory(),
                collectInSilence ? collector : null,
                minIdleBytes,
                maxPending,
                leakDetection,
                onLeak,
                List.copyOf(listeners),
                clock,
                intervalNanos(),
                shared));
    }

    private MemoryBudget drawnOn() {
        if (budget != null && maxBytes != null) {
            throw new PoolConfigException(message(
                    "pool '%s': both budget '%s' and maxBytes %,d are set; choose one", name, budget.name(), maxBytes));
        }
        if (budget != null) {
            return budget;
        }
        require(maxBytes == null || maxBytes >= 1, "maxBytes", 1, maxBytes);
        return MemoryBudget.of(name, maxBytes == null ? Long.MAX_VALUE : maxBytes);
    }

    private int buffersPerSize() {
        if (maxBuffersPerSize != null) {
            return maxBuffersPerSize;
        }
        return budget == null && maxBytes == null ? DEFAULT_MAX_BUFFERS : Integer.MAX_VALUE;
    }

    private long intervalNanos() {
        if (shrinkInterval.compareTo(Duration.ofMillis(1)) < 0 || shrinkInterval.compareTo(Duration.ofDays(365)) > 0) {
            throw new PoolConfigException(
                    message("pool '%s': shrinkInterval must be from 1 ms to 365 days, not %s", name, shrinkInterval));
        }
        return shrinkInterval.toNanos();
    }

    private void require(boolean holds, String setting, long least, @Nullable Number actual) {
        if (!holds) {
            throw new PoolConfigException(
                    message("pool '%s': %s must be at least %,d, not %,d", name, setting, least, actual));
        }
    }
}
