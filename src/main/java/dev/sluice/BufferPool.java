package dev.sluice;

import static dev.sluice.Messages.message;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A pool of recycled byte buffers of many sizes, bounded by number of buffers, by bytes, or by both.
 *
 * <table>
 * <caption>Three ways to ask</caption>
 * <tr><th>call</th><th>answers</th><th>if nothing is free</th></tr>
 * <tr><td>{@link #tryAcquire(int)}</td><td>at once</td><td>empty</td></tr>
 * <tr><td>{@link #acquire(int)}</td><td>at once</td><td>{@link PoolExhaustedException}</td></tr>
 * <tr><td>{@link #request(int)}</td><td>later, in turn</td><td>waits, without a thread</td></tr>
 * </table>
 *
 * <p><b>Sizes.</b> A buffer's capacity is the smallest size class that holds what was asked for: 64 bytes, then four
 * classes to each doubling, up to 4 MiB. At worst 20 % of a buffer is waste, on average 7.9 %; below 64 bytes, at most 63
 * bytes. A size above 4 MiB, or one whose class the budget could not grant, is allocated exactly, charged and counted
 * like the others, and freed when it comes back.
 *
 * <p><b>Memory.</b> Buffers of a class are cut from slabs of 1 to 64, which are made when they are needed, and charged to
 * the budget and freed as a whole. A slab has at most 4 MiB and at most 1/32 of the tightest limit above the pool, unless
 * one buffer has more. So one lease keeps at most that much idle memory from others: with n leases out, at most
 * {@code n * min(4 MiB, limit / 32)} bytes are idle and cannot be reclaimed.
 *
 * <p><b>Shrinking.</b> Idle memory that recent demand does not justify goes back to the system by itself, within seconds
 * and in silence too.
 *
 * <p><b>Threads.</b> Everything here is safe for use by any number of threads, platform and virtual. Acquire and release
 * take constant time, may happen on different threads and do not block; making a slab takes as long as the system needs
 * to hand out its memory.
 */
public final class BufferPool implements AutoCloseable {

    private static final int CLOSED = 1;
    private static final int DORMANT = 2;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CHUNKS_PER_BUDGET = 8;

    private final PoolConfig config;
    private final Ledger ledger;
    private final Shrinker shrinker;
    private final SizeClass[] classes = new SizeClass[SizeClasses.COUNT];
    private final SizeClass larger;
    private final List<SizeClass> sizeClasses;
    private final long grantableLimit;
    private final HighWater buffers = new HighWater();
    private final HighWater bytes = new HighWater();
    private final EventHub events;

    /** Written under the ledger. */
    private volatile LeakDetection leakDetection;

    /** Both bits are read after each release, and seldom written. */
    private final AtomicInteger flags = new AtomicInteger(DORMANT);

    /** Guarded by the ledger. */
    private int pending;

    BufferPool(PoolConfig config) {
        this.config = config;
        this.ledger = config.budget().ledger();
        this.grantableLimit = config.budget().limit();
        this.events = new EventHub(this, config);
        this.leakDetection = config.leakDetection();
        this.shrinker = new Shrinker(this, config.clock(), config.shrinkIntervalNanos(), config.minIdleBytes());
        for (int i = 0; i < classes.length; i++) {
            classes[i] = new SizeClass(this, SizeClasses.bytesOf(i), config.maxBuffersPerSize());
        }
        larger = new SizeClass(this, SizeClasses.LARGEST + 1, config.maxBuffersPerSize());
        sizeClasses = Stream.concat(Arrays.stream(classes), Stream.of(larger)).toList();
    }

    /**
     * Makes a pool that holds at most 64 buffers of each size, those in use included.
     *
     * @return a pool of direct buffers, with nothing allocated
     */
    public static BufferPool create() {
        return builder().build();
    }

    /**
     * Makes a pool that holds at most so many buffers of each size, those in use included.
     *
     * @param maxBuffersPerSize the most buffers of one size, at least 1
     * @return a pool of direct buffers, with nothing allocated
     * @throws PoolConfigException if the number is below 1
     */
    public static BufferPool withMaxBuffers(int maxBuffersPerSize) {
        return builder().maxBuffersPerSize(maxBuffersPerSize).build();
    }

    /**
     * Starts to configure a pool.
     *
     * @return a builder with the settings of {@link #create()}
     */
    public static BufferPoolBuilder builder() {
        return new BufferPoolBuilder();
    }

    /**
     * Leases a buffer at once, or fails.
     *
     * @param size how many bytes, at least 1
     * @return a lease with this length, which the caller releases
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     * @throws PoolExhaustedException if nothing is free within the bounds, or others wait for it
     * @throws PoolClosedException if the pool is closed
     */
    public PooledBuffer acquire(int size) {
        return take(size).lease(size);
    }

    /**
     * Leases a buffer at once, or fails; the lease is always watched.
     *
     * @param size how many bytes, at least 1
     * @param holder who takes the lease, as its text will say in a leak report; must not refer to the lease
     * @return a lease with this length, which the caller releases
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     * @throws PoolExhaustedException if nothing is free within the bounds, or others wait for it
     * @throws PoolClosedException if the pool is closed
     */
    public PooledBuffer acquire(int size, Object holder) {
        Objects.requireNonNull(holder, "holder");
        return take(size).lease(size, holder);
    }

    /**
     * Leases a buffer at once, if one is free within the bounds and nobody waits for it.
     *
     * @param size how many bytes, at least 1
     * @return a lease with this length, which the caller releases; or empty
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     * @throws PoolExhaustedException if the JVM itself has no memory left
     * @throws PoolClosedException if the pool is closed
     */
    public Optional<PooledBuffer> tryAcquire(int size) {
        Slot slot = tryTake(size);
        return slot == null ? Optional.empty() : Optional.of(slot.lease(size));
    }

    /**
     * Leases a buffer at once, if one is free within the bounds and nobody waits for it; the lease is always watched.
     *
     * @param size how many bytes, at least 1
     * @param holder who takes the lease, as its text will say in a leak report; must not refer to the lease
     * @return a lease with this length, which the caller releases; or empty
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     * @throws PoolExhaustedException if the JVM itself has no memory left
     * @throws PoolClosedException if the pool is closed
     */
    public Optional<PooledBuffer> tryAcquire(int size, Object holder) {
        Objects.requireNonNull(holder, "holder");
        Slot slot = tryTake(size);
        return slot == null ? Optional.empty() : Optional.of(slot.lease(size, holder));
    }

    /**
     * Leases a buffer as soon as it is this request's turn; {@code request(size, null, null)}.
     *
     * @param size how many bytes, at least 1
     * @return completes with a lease, or exceptionally
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     */
    public CompletableFuture<PooledBuffer> request(int size) {
        return request(size, null, null);
    }

    /**
     * Leases a buffer as soon as it is this request's turn, or fails after a time.
     *
     * @param size how many bytes, at least 1
     * @param timeout how long to wait
     * @return completes with a lease, or exceptionally
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     */
    public CompletableFuture<PooledBuffer> request(int size, Duration timeout) {
        return request(size, Objects.requireNonNull(timeout, "timeout"), null);
    }

    /**
     * Leases a buffer as soon as it is this request's turn: first come, first served.
     *
     * <p>The future completes with a lease that the caller releases, or exceptionally with {@link PoolExhaustedException}
     * when the time is over or too many wait already, or {@link PoolClosedException}. {@code cancel} gives the turn up in
     * constant time: if it returns true, no lease is left behind; if it returns false, the future holds a lease, which
     * the caller owns, or an error. Cancelling a future derived from this one does not give the turn up.
     *
     * <p>The future may complete on the thread that releases a buffer. What depends on it should be short and must not
     * block; {@code thenAcceptAsync} and its like move long work elsewhere.
     *
     * @param size how many bytes, at least 1
     * @param timeout how long to wait; null: for ever
     * @param holder who takes the lease, as its text will say in a leak report, and must not refer to the lease; null:
     *     watched like any other
     * @return completes with a lease, or exceptionally
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     */
    public CompletableFuture<PooledBuffer> request(int size, @Nullable Duration timeout, @Nullable Object holder) {
        SizeClass sizeClass = classOf(size);
        PendingRequest request = new PendingRequest(sizeClass, size, holder);
        Slot slot = takeFree(sizeClass);
        if (slot == null) {
            ledger.request(request, timeout);
        } else {
            request.grant(slot);
        }
        return request;
    }

    /**
     * Opens an account of what a subscriber wants and has not been given, which keeps the pool from shrinking below it.
     *
     * @param size the size of the buffers that will be asked for, at least 1
     * @return an account with nothing outstanding; whoever opens it closes it
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     */
    public Demand demand(int size) {
        return new Demand(classOf(size));
    }

    private Slot take(int size) {
        SizeClass sizeClass = classOf(size);
        Slot slot = takeFree(sizeClass);
        return slot != null ? slot : takeOrGrow(sizeClass, size);
    }

    private Slot takeOrGrow(SizeClass sizeClass, int size) {
        LedgerDecision outcome = attempt(sizeClass, size);
        if (outcome instanceof LedgerDecision.Taken taken) {
            return taken.slot();
        }
        events.refused(size);
        String why = outcome instanceof LedgerDecision.Refused refused
                ? refused.queue().refusal()
                : outcome.toString();
        throw PoolExhaustedException.of(this, size, why, null);
    }

    private @Nullable Slot tryTake(int size) {
        SizeClass sizeClass = classOf(size);
        Slot slot = takeFree(sizeClass);
        if (slot != null) {
            return slot;
        }
        if (attempt(sizeClass, size) instanceof LedgerDecision.Taken taken) {
            return taken.slot();
        }
        events.refused(size);
        return null;
    }

    private LedgerDecision attempt(SizeClass sizeClass, int size) {
        try {
            return ledger.takeOrGrow(sizeClass, size);
        } catch (OutOfMemoryError e) {
            events.refused(size);
            throw PoolExhaustedException.outOfMemory(this, size, e);
        }
    }

    /** Takes a free slot where that needs no decision: the pool is open and nobody waits. */
    private @Nullable Slot takeFree(SizeClass sizeClass) {
        if (ledger.isContested() || (flags.get() & CLOSED) != 0 || sizeClass.larger) {
            return null;
        }
        try {
            return sizeClass.take();
        } catch (OutOfMemoryError e) {
            return null; // the ledger finds out again, and knows whom to tell
        }
    }

    private SizeClass classOf(int size) {
        if (size < 1) {
            throw InvalidSizeException.notPositive(size, grantableLimit);
        }
        if (size <= SizeClasses.LARGEST) {
            SizeClass sizeClass = classes[SizeClasses.indexOf(size)];
            if (sizeClass.slotBytes <= grantableLimit) {
                return sizeClass;
            }
        }
        if (size > grantableLimit) {
            throw InvalidSizeException.aboveLimit(name(), size, grantableLimit);
        }
        return larger;
    }

    PooledBuffer copyOf(ByteBuffer content) {
        PooledBuffer copy = acquire(content.remaining());
        copy.byteBuffer().duplicate().put(content);
        return copy;
    }

    /**
     * The name given to the pool, which appears in messages.
     *
     * @return the name
     */
    public String name() {
        return config.name();
    }

    /**
     * Whether the buffers are of native memory, which sockets and files use without a copy.
     *
     * @return true for direct buffers, false for arrays on the heap
     */
    public boolean isDirect() {
        return config.direct();
    }

    /**
     * The budget that this pool draws on; its own, if none was given.
     *
     * @return the budget
     */
    public MemoryBudget budget() {
        return config.budget();
    }

    /**
     * The capacity that a buffer of some size has, which is what it takes of the budget: the smallest size class that
     * holds it, or, where that is too large for this pool, the size itself.
     *
     * @param size how many bytes, at least 1
     * @return the capacity in bytes, at least {@code size}
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     */
    public int capacityFor(int size) {
        return classOf(size).slotBytesFor(size);
    }

    /**
     * How long a chunk of a large content should be: 64 KiB, below which a read or a write costs more in calls than in
     * copying, but no more than an eighth of the tightest limit above the pool, so that several fit.
     *
     * @return the length in bytes, at least 1
     */
    public int chunkSize() {
        return (int) Math.max(1, Math.min(CHUNK_BYTES, budget().limit() / CHUNKS_PER_BUDGET));
    }

    /**
     * How many buffers of one size the pool holds at most.
     *
     * @return the bound, {@link Integer#MAX_VALUE} if there is none
     */
    public int maxBuffersPerSize() {
        return config.maxBuffersPerSize();
    }

    /**
     * What the pool has done and holds, over all sizes.
     *
     * @return a snapshot
     */
    public PoolStats stats() {
        SizeTally tally = new SizeTally();
        synchronized (ledger) {
            for (SizeClass sizeClass : sizeClasses()) {
                sizeClass.tallyLocked(tally);
            }
            tally.peaks(buffers.peak(), bytes.peak());
            return tally.stats(grantableLimit);
        }
    }

    /**
     * What the pool has done and holds, for each size that was ever used. Sizes above the largest class, which is 4 MiB,
     * stand together under {@link Integer#MAX_VALUE}.
     *
     * @return a snapshot for each capacity in bytes, smallest first; unmodifiable
     */
    public SortedMap<Integer, PoolStats> statsBySize() {
        SortedMap<Integer, PoolStats> bySize = new TreeMap<>();
        synchronized (ledger) {
            for (SizeClass sizeClass : sizeClasses()) {
                SizeTally tally = new SizeTally();
                sizeClass.tallyLocked(tally);
                PoolStats stats = tally.stats(grantableLimit);
                if (stats.peakBytes() > 0 || stats.demand() > 0) {
                    bySize.put(sizeClass.capacity(), stats);
                }
            }
        }
        return Collections.unmodifiableSortedMap(bySize);
    }

    /**
     * Who holds and who waits for the pool's memory now, for a process that is stuck. Safe in production: it looks at a
     * bounded number of leases, and no acquire or release of a lease that is not watched waits for it longer than for
     * {@link #stats()}.
     *
     * @return a snapshot, whose text is a table
     */
    public PoolDump dump() {
        List<LeaseWatch.Lost> watched = new ArrayList<>();
        boolean complete = LeaseWatches.find(this, watched);
        long now = clock().nanoTime();
        watched.sort(Comparator.comparingLong((LeaseWatch.Lost lease) -> lease.ageNanos(now))
                .reversed());
        return new PoolDump(
                name(),
                stats(),
                sizesInUse(watched),
                watched.stream()
                        .limit(PoolDump.MOST)
                        .map(lease -> lease.holding(now))
                        .toList(),
                ledger.oldestWaiting(this, PoolDump.MOST).stream()
                        .map(standing -> standing.request().describe(standing.queue(), now))
                        .toList(),
                complete);
    }

    private List<PoolDump.Size> sizesInUse(List<LeaseWatch.Lost> watched) {
        Map<Integer, Set<Slot>> watchedSlots = new HashMap<>();
        watched.forEach(lease -> watchedSlots
                .computeIfAbsent(lease.slot().slab.sizeClass.capacity(), capacity -> new HashSet<>())
                .add(lease.slot()));
        List<PoolDump.Size> sizes = new ArrayList<>();
        statsBySize().forEach((capacity, stats) -> {
            if (stats.buffersInUse() > 0) {
                int ofThem = watchedSlots.getOrDefault(capacity, Set.of()).size();
                sizes.add(new PoolDump.Size(capacity, stats.buffersInUse(), Math.min(ofThem, stats.buffersInUse())));
            }
        });
        return sizes;
    }

    /**
     * Which leases are watched.
     *
     * @return the level
     */
    public LeakDetection leakDetection() {
        return leakDetection;
    }

    /**
     * Changes which leases are watched. Those that are out stay as they were taken, and another thread may take a few
     * more by the old level.
     *
     * @param level the new level
     */
    public void setLeakDetection(LeakDetection level) {
        Objects.requireNonNull(level, "level");
        synchronized (ledger) {
            leakDetection = level;
            sizeClasses.forEach(SizeClass::watchLocked);
        }
    }

    /**
     * Gives back at once what present use and demand do not justify, as it would happen by itself within seconds.
     *
     * @return the bytes given back
     */
    public long shrink() {
        return shrinker.shrinkNow();
    }

    /**
     * Gives back all that is idle. Where a lease pins a slab, the slab's other buffers are dropped, and its memory stays
     * charged until the lease comes back.
     *
     * @return the bytes given back
     */
    public long clear() {
        return shrinker.clear(PoolEvent.SlabFreed.Reason.CLEAR);
    }

    /**
     * Closes the pool: new requests are refused, waiting ones fail with {@link PoolClosedException}, idle memory is given
     * back at once and each slab as its last lease comes back. Leases stay valid. Closing again does nothing.
     *
     * @throws IllegalStateException if this is one of the shared {@link BufferPools}
     */
    @Override
    public void close() {
        if (config.shared()) {
            throw new IllegalStateException(
                    message("pool '%s' is shared by the whole program and cannot be closed", name()));
        }
        int before = flags.getAndAccumulate(CLOSED, (bits, bit) -> bits | bit);
        if ((before & CLOSED) != 0) {
            return;
        }
        events.closed();
        List<PendingRequest> waiting = ledger.leaveAll(this);
        shrinker.clear(PoolEvent.SlabFreed.Reason.CLOSE);
        waiting.forEach(request -> request.completeExceptionally(new PoolClosedException(name())));
        ledger.serve(larger);
    }

    /**
     * Listens to what happens in the pool from now on.
     *
     * @param listener is told, besides those that listen already; see there on which thread
     * @return ends it
     */
    public PoolListener.Registration addListener(PoolListener listener) {
        return events.add(listener);
    }

    /**
     * Tells the listeners that an adapter took memory from outside the budget, where its caller could neither wait nor
     * fail. Nothing is charged or counted.
     *
     * @param bytes how much
     * @param by who, for instance the name of the adapter
     */
    public void reportOverflow(long bytes, String by) {
        events.overflowed(bytes, Objects.requireNonNull(by, "by"));
    }

    /**
     * Whether the pool was closed; leases may still be out.
     *
     * @return true after {@link #close()}
     */
    public boolean isClosed() {
        return (flags.get() & CLOSED) != 0;
    }

    void checkOpen() {
        if (isClosed()) {
            throw new PoolClosedException(name());
        }
    }

    /** Whether a release must do more than set its bit. */
    boolean isAttentive() {
        return flags.get() != 0;
    }

    /** Ends dormancy; true for the one caller that did. */
    boolean wake() {
        return (flags.get() & DORMANT) != 0
                && (flags.getAndAccumulate(DORMANT, (bits, bit) -> bits & ~bit) & DORMANT) != 0;
    }

    void sleep() {
        flags.accumulateAndGet(DORMANT, (bits, bit) -> bits | bit);
    }

    void armShrinking() {
        shrinker.arm();
    }

    Ledger ledger() {
        return ledger;
    }

    PoolClock clock() {
        return config.clock();
    }

    long watchMask() {
        return leakDetection == LeakDetection.SAMPLED ? config.sampleMask() : 0;
    }

    long watchMatch() {
        return leakDetection == LeakDetection.OFF ? -1 : 0;
    }

    EventHub events() {
        return events;
    }

    SlabMemory allocate(int slabBytes, int slotBytes) {
        return config.direct()
                ? new SlabMemory.Direct(NativeMemory.allocate(slabBytes, config.freeAtOnce()), slotBytes)
                : new SlabMemory.Heap(slotBytes);
    }

    List<SizeClass> sizeClasses() {
        return sizeClasses;
    }

    boolean hasIdle() {
        return sizeClasses().stream().anyMatch(SizeClass::hasIdle);
    }

    long idleBytesLocked() {
        SizeTally tally = new SizeTally();
        sizeClasses().forEach(sizeClass -> sizeClass.tallyLocked(tally));
        return tally.stats(grantableLimit).idleBytes();
    }

    void countMade(int made) {
        buffers.add(made);
    }

    void chargeLocked(long charged) {
        budget().chargeLocked(charged);
        if (bytes.add(charged) == charged) {
            ledger.ownsLocked(this);
        }
    }

    void creditLocked(long credited) {
        budget().creditLocked(credited);
        if (bytes.add(-credited) == 0) {
            ledger.ownsNothingLocked(this);
        }
    }

    /** Counts a request that is about to wait. */
    void enterLocked(int size) {
        if (pending == config.maxPending()) {
            throw PoolExhaustedException.of(
                    this, size, message("as many requests wait as maxPending allows, %,d", pending), null);
        }
        pending++;
    }

    void leaveLocked() {
        pending--;
    }

    @Override
    public String toString() {
        return message("BufferPool[%s%s: %s]", name(), isClosed() ? ", closed" : "", stats());
    }
}
