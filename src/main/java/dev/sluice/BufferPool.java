package dev.sluice;

import static dev.sluice.Messages.message;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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
 * classes to each doubling, up to 4 MiB. At worst 20 % of a buffer is waste, on average 7.9 %; below 64 bytes, at most
 * 63 bytes. A size above 4 MiB, or one whose class the budget could not grant, is allocated exactly, charged and
 * counted like the others, and freed when it comes back.
 *
 * <p><b>Memory.</b> Buffers of a class are cut from slabs of 1 to 64, which are made when they are needed, and charged
 * to the budget and freed as a whole. A slab has at most 4 MiB and at most 1/32 of the tightest limit above the pool,
 * unless one buffer has more. So one lease keeps at most that much idle memory from others: with n leases out, at most
 * {@code n * min(4 MiB, limit / 32)} bytes are idle and cannot be reclaimed.
 *
 * <p><b>Shrinking.</b> Idle memory that recent demand does not justify goes back to the system by itself, within
 * seconds and in silence too.
 *
 * <p><b>Threads.</b> Everything here is safe for use by any number of threads, platform and virtual. Acquire and
 * release take constant time, may happen on different threads and do not block; making a slab takes as long as the
 * system needs to hand out its memory.
 */
public final class BufferPool implements AutoCloseable {

    private static final int CLOSED = 1;
    private static final int DORMANT = 2;

    /** What is found in the array was written before it was put there. */
    private static final VarHandle CLASSES = MethodHandles.arrayElementVarHandle(SizeClass[].class);

    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CHUNKS_PER_BUDGET = 8;

    private final PoolConfig config;
    private final Ledger ledger;
    private final Shrinker shrinker;
    private final NativeRemains remains;

    /** The classes of sizes that were asked for; the one of larger sizes is the last. Made when they are needed. */
    private final @Nullable SizeClass[] classes = new SizeClass[SizeClasses.COUNT + 1];

    /** The same, without the gaps. Replaced under the ledger. */
    private volatile List<SizeClass> sizeClasses = List.of();

    private final PoolCharges charges;
    private final long grantableLimit;
    private final HighWater buffers = new HighWater();
    private final HighWater bytes = new HighWater();
    private final EventHub events;

    /** Written under the ledger. */
    private volatile LeakDetection leakDetection;

    /** Both bits are read after each release, and seldom written. */
    private final AtomicInteger flags = new AtomicInteger(DORMANT);

    /** Guarded by the ledger, as what follows. */
    private int pending;

    /** Slots in service; those of them that the ledger knows to be free, and their bytes. */
    private long servedSlots;

    private long freeSlots;
    private long freeBytes;

    BufferPool(PoolConfig config) {
        this.config = config;
        this.ledger = config.budget().ledger();
        this.grantableLimit = config.budget().limit();
        this.events = new EventHub(config);
        this.leakDetection = config.leakDetection();
        this.shrinker = new Shrinker(this, config.clock(), config.shrinkIntervalNanos(), config.minIdleBytes());
        this.remains = new NativeRemains(
                new NativeSpares(grantableLimit / SizeClass.MIN_SLABS_IN_BUDGET),
                new NativeWaiting(config.collector()),
                this::armUnlessDeciding);
        this.charges = new PoolCharges(this);
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
        SizeClass sizeClass = classOf(size);
        return sizeClass.lease(take(sizeClass, size), size);
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
        SizeClass sizeClass = classOf(size);
        return sizeClass.lease(take(sizeClass, size), size, holder);
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
        return told(size, tryAcquireFor(size, null));
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
        return told(size, tryAcquireFor(size, Objects.requireNonNull(holder, "holder")));
    }

    private Optional<PooledBuffer> told(int size, Optional<PooledBuffer> lease) {
        if (lease.isEmpty()) {
            events.refused(size);
        }
        return lease;
    }

    private Optional<PooledBuffer> tryAcquireFor(int size, @Nullable Object holder) {
        SizeClass sizeClass = classOf(size);
        Slot slot = takeFree(sizeClass);
        if (slot == null) {
            slot = takeOrGrow(new LedgerDecision(sizeClass, size));
        }
        return slot == null ? Optional.empty() : Optional.of(sizeClass.lease(slot, size, holder));
    }

    /**
     * For adapters that go on in another way where the pool has nothing, because they wait for their turn, ask for less
     * or take memory from elsewhere: as {@link #tryAcquire(int)}, but an empty answer is no refusal to listeners and
     * meters, because nobody is refused. What is taken from elsewhere, {@link #reportOverflow} tells.
     *
     * @param size how many bytes, at least 1
     * @return a lease with this length, which the caller releases; or empty
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     * @throws PoolExhaustedException if the JVM itself has no memory left
     * @throws PoolClosedException if the pool is closed
     */
    public Optional<PooledBuffer> tryAcquireUntold(int size) {
        return tryAcquireFor(size, null);
    }

    /**
     * For adapters: as {@link #tryAcquireUntold(int)}; the lease is always watched.
     *
     * @param size how many bytes, at least 1
     * @param holder who takes the lease, as its text will say in a leak report; must not refer to the lease
     * @return a lease with this length, which the caller releases; or empty
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     * @throws PoolExhaustedException if the JVM itself has no memory left
     * @throws PoolClosedException if the pool is closed
     */
    public Optional<PooledBuffer> tryAcquireUntold(int size, Object holder) {
        return tryAcquireFor(size, Objects.requireNonNull(holder, "holder"));
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
     * <p>The future completes with a lease that the caller releases, or exceptionally with {@link
     * PoolExhaustedException} when the time is over or too many wait already, or {@link PoolClosedException}. {@code
     * cancel} gives the turn up in constant time: if it returns true, no lease is left behind; if it returns false, the
     * future holds a lease, which the caller owns, or an error. Cancelling a future derived from this one does not give
     * the turn up.
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
        PendingRequest request = pending(size, holder);
        SizeClass sizeClass = request.sizeClass;
        Slot slot = takeFree(sizeClass);
        if (slot == null) {
            ledger.request(request, timeout);
        } else {
            request.grantNow(slot);
        }
        return request;
    }

    PendingRequest pending(int size, @Nullable Object holder) {
        return new PendingRequest(classOf(size), size, holder);
    }

    /**
     * One of several buffers that are asked for together.
     *
     * @param pool where it comes from
     * @param size how many bytes, at least 1
     */
    public record Ask(BufferPool pool, int size) {}

    /**
     * Leases several buffers together as soon as it is their turn: all of them or none.
     *
     * <p>A task that needs two buffers, takes one and waits for the other keeps the first from others that do the same,
     * and all may wait for ever. This request holds nothing while it waits behind others, and when it is the oldest,
     * all that comes back is for it. Cancelling it, and its errors, are as in {@link #request(int, Duration, Object)}.
     *
     * @param asks what is wanted, at least one, of pools with an outermost budget in common
     * @param holder who takes the leases, as in {@link #request(int, Duration, Object)}
     * @return completes with as many leases in the same order, each of which the caller releases, or exceptionally
     * @throws InvalidSizeException if a size is below 1, or above the limit of its budget
     * @throws BudgetTooSmallException if all together are more than a budget can hold, or a pool may have
     * @throws IllegalArgumentException if nothing is asked for, or the pools have no budget in common
     */
    public static CompletableFuture<List<PooledBuffer>> requestAll(List<Ask> asks, @Nullable Object holder) {
        return PendingGroup.request(asks, holder);
    }

    /**
     * Opens an account of what a subscriber wants and has not been given, which keeps the pool from shrinking below it.
     *
     * @param size the size of the buffers that will be asked for, at least 1
     * @return an account with nothing outstanding; the caller closes it
     * @throws InvalidSizeException if the size is below 1, or above the limit of the budget
     */
    public Demand demand(int size) {
        return new Demand(classOf(size));
    }

    private Slot take(SizeClass sizeClass, int size) {
        Slot slot = takeFree(sizeClass);
        return slot != null ? slot : takeOrFail(sizeClass, size);
    }

    private Slot takeOrFail(SizeClass sizeClass, int size) {
        LedgerDecision decision = new LedgerDecision(sizeClass, size);
        Slot slot = takeOrGrow(decision);
        if (slot != null) {
            return slot;
        }
        events.refused(size);
        WaitLine line = decision.refusedBy();
        throw PoolExhaustedException.refused(shortage(), size, line == null ? "nothing is free" : line.refusal());
    }

    private @Nullable Slot takeOrGrow(LedgerDecision decision) {
        try {
            return ledger.takeOrGrow(decision);
        } catch (OutOfMemoryError e) {
            events.refused(decision.size);
            throw PoolExhaustedException.outOfMemory(shortage(), decision.size, e);
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
        StackReserve.check();
        if (size < 1) {
            throw InvalidSizeException.notPositive(size, grantableLimit);
        }
        if (size <= SizeClasses.LARGEST) {
            int index = SizeClasses.indexOf(size);
            SizeClass sizeClass = (SizeClass) CLASSES.getAcquire(classes, index);
            if (sizeClass != null) {
                return sizeClass;
            }
            if (SizeClasses.bytesOf(index) <= grantableLimit) {
                return makeClass(index, SizeClasses.bytesOf(index));
            }
        }
        if (size > grantableLimit) {
            throw InvalidSizeException.aboveLimit(name(), size, grantableLimit);
        }
        return makeClass(SizeClasses.COUNT, SizeClasses.LARGEST + 1);
    }

    /** Makes the class of a size that nobody has asked for before, or finds that it is there. */
    private SizeClass makeClass(int index, int slotBytes) {
        synchronized (ledger) {
            SizeClass there = classes[index];
            if (there != null) {
                return there;
            }
            SizeClass made = new SizeClass(this, slotBytes, config.maxBuffersPerSize());
            sizeClasses = Stream.concat(sizeClasses.stream(), Stream.of(made))
                    .sorted(Comparator.comparingInt(sizeClass -> sizeClass.slotBytes))
                    .toList();
            CLASSES.setRelease(classes, index, made);
            return made;
        }
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
     * What the pool has done and holds, for each size that was ever used. Sizes above the largest class, which is 4
     * MiB, stand together under {@link Integer#MAX_VALUE}.
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
        return LeaseCensus.of(this);
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
            sizeClasses().forEach(SizeClass::watchLocked);
        }
    }

    /**
     * Gives back at once what present use and demand do not justify, as it would happen by itself within seconds.
     *
     * @return the bytes given back
     */
    public long shrink() {
        StackReserve.check();
        return shrinker.shrinkNow();
    }

    /**
     * Gives back all that is idle. Where a lease pins a slab, the slab's other buffers are dropped, and its memory
     * stays charged until the lease comes back.
     *
     * @return the bytes given back
     */
    public long clear() {
        StackReserve.check();
        return shrinker.clear(PoolEvent.SlabFreed.Reason.CLEAR);
    }

    /**
     * Closes the pool: new requests are refused, waiting ones fail with {@link PoolClosedException}, idle memory is
     * given back at once and each slab as its last lease comes back. Leases stay valid. Closing again does nothing.
     *
     * @throws IllegalStateException if this is one of the shared {@link BufferPools}
     */
    @Override
    public void close() {
        if (config.shared()) {
            throw new IllegalStateException(
                    message("pool '%s' is shared by the whole program and cannot be closed", name()));
        }
        PoolClosedException closed = new PoolClosedException(name()); // what can fail comes first
        int before = flags.getAndAccumulate(CLOSED, (bits, bit) -> bits | bit);
        if ((before & CLOSED) != 0) {
            return;
        }
        events.closed();
        PendingRequest waiting = ledger.leaveAll(this, closed);
        try {
            shrinker.clear(PoolEvent.SlabFreed.Reason.CLOSE);
        } finally {
            GrantDelivery.deliver(waiting);
            serveAll();
        }
    }

    /** Serves those who wait for what this pool has given back, in case that a release could not. */
    void serveAll() {
        if (ledger.isContested()) {
            ledger.serveBudget(budget());
            sizeClasses().forEach(ledger::serve);
        }
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

    /** A clock is not called under the lock. Where memory was dropped there, a request waits, so a release comes. */
    private void armUnlessDeciding() {
        if (!ledger.isHeld()) {
            armShrinking();
        }
    }

    Ledger ledger() {
        return ledger;
    }

    /**
     * The time by which the pool shrinks and requests time out.
     *
     * @return the clock that {@link BufferPoolBuilder#clock} was given, or the system's
     */
    public PoolClock clock() {
        return config.clock();
    }

    long watchMask() {
        return leakDetection == LeakDetection.SAMPLED ? config.sampleMask() : 0;
    }

    long watchMatch() {
        return leakDetection == LeakDetection.OFF ? -1 : 0;
    }

    NativeRemains remains() {
        return remains;
    }

    EventHub events() {
        return events;
    }

    SlabMemory allocate(int slabBytes, int slotBytes) {
        SlabMemory spare = remains.take(slabBytes, slotBytes);
        return spare != null ? spare : config.memory().allocate(slabBytes, slotBytes);
    }

    /** The size classes that were ever used, smallest first. */
    List<SizeClass> sizeClasses() {
        return sizeClasses;
    }

    /** Counts slots that come into service or leave it. */
    void addServedLocked(int slots) {
        servedSlots += slots;
    }

    /** Counts slots that the ledger found to be free, or not any more. */
    void addFreeLocked(int slots, long slotBytes) {
        freeSlots += slots;
        freeBytes += slotBytes;
    }

    /** What is allocated and not leased. The ledger has settled what is unsettled. */
    long idleBytesLocked() {
        return freeBytes;
    }

    boolean hasIdleSlabLocked() {
        for (SizeClass sizeClass : sizeClasses()) {
            if (sizeClass.idle.oldest() != null) {
                return true;
            }
        }
        return false;
    }

    /** The numbers of this moment, for an error: they cost the same however large the pool is. */
    PoolExhaustedException.Shortage shortage() {
        synchronized (ledger) {
            ledger.settleLocked();
            return new PoolExhaustedException.Shortage(
                    name(),
                    charges.bytesLocked() - freeBytes,
                    servedSlots - freeSlots,
                    freeBytes,
                    grantableLimit,
                    pending);
        }
    }

    void countMade(int made) {
        buffers.add(made);
    }

    void chargeLocked(long charged) {
        charges.chargeLocked(charged);
        bytes.add(charged);
    }

    void creditLocked(long credited) {
        charges.creditLocked(credited);
        bytes.add(-credited);
    }

    /** Counts a request that is about to wait. */
    void enterLocked(int size) {
        if (pending == config.maxPending()) {
            throw PoolExhaustedException.refused(
                    shortage(), size, message("as many requests wait as maxPending allows, %,d", pending));
        }
        pending++;
    }

    /** A request takes the place of one that has left: never too many. */
    void followLocked() {
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
