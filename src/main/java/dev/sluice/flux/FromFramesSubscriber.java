package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.Demand;
import dev.sluice.PooledBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.scheduler.Schedulers;

/** One subscription of {@link FluxFromFrames}. */
final class FromFramesSubscriber<F> extends DrainOperator<F, PooledBuffer> {

    /*
     * The gate. Upstream is asked for one frame at a time, when a buffer is wanted and no frame is here. A frame whose
     * bytes lie in the pool passes as it is. One that lies elsewhere is kept, waits its turn in the line of the pool,
     * and is copied; and as long as it waits, nothing more is asked for. So a subscription keeps one frame at most from
     * outside the pool, and the line is what decides who goes on: first come, first served, with no way past it.
     *
     * It does not wait for room before it asks. Who asks does not know whether the answer is read already:
     * reactor-netty reads ahead, into memory of the pool. If connections whose frames lie ready waited for the pool,
     * and the pool for them, all would stand still. For the same reason nothing is held for a peer that is silent:
     * there is no turn, no buffer and no demand while upstream has been asked and has not answered; but, where the
     * access says so, all gates of a pool together keep one spare buffer, for the frame that has to be copied where all
     * memory lies behind such frames: see ReservePlace.ofFrames. Only a pipeline below that takes memory of its own
     * waits once, before the first frame, until the reserve has what it needs; see Reserve.
     *
     * A frame that is lent is its publisher's when onNext returns; so onNext takes a lease or retains it, and puts that
     * into `input`. One that is handed over is kept likewise, and dropped if it comes after the end. Cancel against
     * grant: see StageMemory.
     */

    /** Up to this length, a part of a buffer is copied out rather than that it pins more than so many times as much. */
    private static final int SMALL_BYTES = 1 << 10;

    private static final int SMALL_SHARE = 4;

    /** Of an unbounded request, what the pool is told. */
    private static final int MAX_REPORTED = 8;

    private final String name;
    private final FrameAccess<F> access;
    private final BufferPool pool;
    private final Object origin;
    private final StageMemory memory;
    private final Executor afterWait;
    private final int copyBytes;
    private final int leastBytes;

    /** What came last: a lease, or a frame that is retained. */
    private final AtomicReference<@Nullable Object> input = new AtomicReference<>();

    private boolean asked;
    private @Nullable F copying;
    private int copied;
    private @Nullable PooledBuffer ready;
    private @Nullable Demand demand;
    private long reported;

    FromFramesSubscriber(FluxFromFrames<F> source, CoreSubscriber<? super PooledBuffer> actual) {
        super(actual, source.access.failsAtOnce() ? Errors.AT_ONCE : Errors.AFTER_CONTENT);
        this.name = source.toString();
        this.access = source.access;
        this.pool = source.pool;
        this.origin = Origin.of(source.toString(), actual);
        this.memory = new StageMemory(origin, actual.currentContext(), this::granted);
        this.afterWait = source.afterWait;
        this.copyBytes = pool.chunkSize();
        this.leastBytes = Math.min(StageMemory.SHORT_BYTES, copyBytes);
        memory.reserveForFrames(pool, access.isMessage() ? copyBytes : leastBytes, access.keepsSpare());
    }

    @Override
    public void onNext(F frame) {
        Objects.requireNonNull(frame, "frame");
        if (isDone() || isCancelled() || hasEnded()) {
            ForeignCode.quietly(() -> access.drop(frame), actual);
            return;
        }
        Object taken;
        try {
            taken = take(frame);
        } catch (Throwable e) {
            failInput(e, null);
            return;
        }
        if (input.compareAndSet(null, taken)) {
            drain();
        } else {
            giveBack(taken);
            overflow("upstream emitted more frames than were requested");
        }
    }

    private Object take(F frame) {
        PooledBuffer lease;
        try {
            lease = access.length(frame) == 0 ? null : access.lease(frame, pool);
            if (lease == null) {
                access.retain(frame);
                return frame;
            }
        } catch (Throwable e) {
            ForeignCode.quietly(() -> access.drop(frame), actual);
            throw e;
        }
        PooledBuffer copy;
        try {
            lease.touch(origin);
            copy = isSmallPart(lease, lease.length()) ? copyOf(lease) : null;
        } catch (Throwable e) {
            lease.release();
            throw e;
        }
        if (copy == null) {
            return lease;
        }
        lease.release();
        return copy;
    }

    private boolean isSmallPart(PooledBuffer lease, int length) {
        return length <= SMALL_BYTES && lease.pinnedBytes() > SMALL_SHARE * pool.capacityFor(length);
    }

    private @Nullable PooledBuffer copyOf(PooledBuffer part) {
        Optional<PooledBuffer> free;
        try {
            free = pool.tryAcquireUntold(part.length(), origin);
        } catch (BufferPoolException e) {
            return null; // closed: its leases are valid all the same
        }
        if (free.isEmpty()) {
            return null;
        }
        PooledBuffer copy = free.get();
        copy.byteBuffer().put(part.readOnlyBuffer());
        return copy;
    }

    private void granted() {
        goOnBy(afterWait);
    }

    @Override
    boolean step() {
        PooledBuffer result = ready;
        if (result == null) {
            return prepare();
        } else if (requested() == 0) {
            return false;
        }
        ready = null;
        emit(result);
        return true;
    }

    private boolean prepare() {
        boolean last = isDone();
        F frame = copying;
        if (frame != null) {
            return requested() != 0 && copy(frame);
        }
        Object came = input.getAndSet(null);
        if (came != null) {
            asked = false;
            accept(came);
            return true;
        } else if (last) {
            end(upstreamError());
            return false;
        } else if (asked || requested() == 0 || !memory.enter(pool)) {
            return false;
        }
        asked = true;
        ask(1);
        return true;
    }

    private void accept(Object came) {
        if (came instanceof PooledBuffer lease) {
            ready = lease;
            return;
        }
        F frame = frame(came);
        copying = frame;
        copied = 0;
        if (access.length(frame) == 0 && !access.isMessage()) {
            copying = null;
            access.release(frame);
        }
    }

    @SuppressWarnings("unchecked")
    private F frame(Object came) {
        return (F) came;
    }

    /** Copies as much as one buffer takes, or waits for it. */
    private boolean copy(F frame) {
        int left = access.length(frame) - copied;
        int size = access.isMessage() ? Math.max(1, left) : Math.min(left, copyBytes);
        PooledBuffer buffer = memory.take(pool, size, access.isMessage() ? size : Math.min(size, leastBytes));
        report(size);
        if (buffer == null) {
            return false;
        }
        ready = buffer;
        int length = Math.min(left, buffer.length());
        copy(frame, copied, buffer, length);
        copied += length;
        if (length == left) {
            copying = null;
            access.release(frame);
        }
        return true;
    }

    private void copy(F frame, int offset, PooledBuffer target, int length) {
        access.copy(frame, offset, target.resize(length).byteBuffer());
        target.resize(length);
    }

    /**
     * Tells what is wanted while it waits, beyond the buffer that is waited for: the pool counts that one by itself.
     */
    private void report(int size) {
        long wanted = memory.isAwaited() ? Math.min(requested(), MAX_REPORTED) - 1 : 0;
        if (wanted != reported) {
            Demand account = demand;
            if (account == null) {
                account = pool.demand(size);
                demand = account;
            }
            account.add(wanted - reported);
            reported = wanted;
        }
    }

    @Override
    void interrupt() {
        super.interrupt();
        memory.giveUp();
    }

    /** The frames last: their library releases them, and may throw. */
    @Override
    void releaseAll() {
        giveBack(ready);
        ready = null;
        memory.release();
        if (demand != null) {
            demand.close();
        }
        F half = copying;
        copying = null;
        try {
            giveBack(half);
        } finally {
            giveBack(input.getAndSet(null));
        }
    }

    private void giveBack(@Nullable Object taken) {
        if (taken instanceof PooledBuffer lease) {
            lease.release();
        } else if (taken != null) {
            access.release(frame(taken));
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.BUFFERED) {
            return input.get() == null ? 0 : 1;
        } else if (key == Attr.RUN_ON) {
            return Schedulers.fromExecutor(afterWait);
        } else if (key == Attr.RUN_STYLE) {
            return Attr.RunStyle.ASYNC;
        } else if (key == Attr.NAME) {
            return name;
        }
        return key == Attr.PREFETCH ? 1 : super.scanUnsafe(key);
    }
}
