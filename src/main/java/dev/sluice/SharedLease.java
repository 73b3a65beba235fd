package dev.sluice;

import static dev.sluice.Messages.message;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A further lease on a slot, from {@code retain}, {@code slice} or {@code lend}: it has a view of its own and is
 * released once.
 */
final class SharedLease implements PooledBuffer {

    private static final VarHandle RELEASED;

    static {
        try {
            RELEASED = MethodHandles.lookup().findVarHandle(SharedLease.class, "released", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Slot slot;
    private final long first;
    private final ByteBuffer view;
    private final @Nullable LeaseWatch watch;
    private final @Nullable LeaseLoan loan;
    private int length;
    private volatile boolean released;

    /** Makes the lease of a share that the slot counts already, and the loan too; if that fails, neither counts it. */
    static SharedLease of(
            Slot slot, long first, ByteBuffer view, int length, @Nullable LeaseWatch origin, @Nullable LeaseLoan loan) {
        LeaseWatch watch = null;
        try {
            watch = LeaseWatch.ofShare(origin, slot, length, loan);
            return new SharedLease(slot, first, view, length, watch, loan);
        } catch (Throwable e) {
            LeaseWatch.forget(watch);
            slot.slab.sizeClass.ended(slot, slot.endShare());
            if (loan != null) {
                loan.undo();
            }
            throw e;
        }
    }

    private SharedLease(
            Slot slot, long first, ByteBuffer view, int length, @Nullable LeaseWatch watch, @Nullable LeaseLoan loan) {
        this.slot = slot;
        this.first = first;
        this.view = view.limit(length);
        this.length = length;
        this.watch = watch;
        this.loan = loan;
    }

    private void checkLive() {
        if (released) {
            throw Lease.released(slot);
        }
    }

    Slot live() {
        checkLive();
        return slot;
    }

    @Override
    public ByteBuffer byteBuffer() {
        checkLive();
        return view;
    }

    @Override
    public ByteBuffer readOnlyBuffer() {
        checkLive();
        return view.asReadOnlyBuffer().clear().limit(length);
    }

    @Override
    public int length() {
        checkLive();
        return length;
    }

    @Override
    public int capacity() {
        checkLive();
        return view.capacity();
    }

    @Override
    public PooledBuffer resize(int length) {
        checkLive();
        Lease.checkLength(length, view.capacity());
        this.length = length;
        view.clear().limit(length);
        return this;
    }

    @Override
    public PooledBuffer retain() {
        checkLive();
        return share(view.duplicate().clear(), length);
    }

    @Override
    public PooledBuffer retainReadOnly() {
        checkLive();
        return share(view.asReadOnlyBuffer().clear(), length);
    }

    @Override
    public int pinnedBytes() {
        return live().slab.slotBytes;
    }

    @Override
    public boolean sharesMemoryWith(PooledBuffer other) {
        return live() == Lease.slotOf(other);
    }

    @Override
    public PooledBuffer slice(int offset, int length) {
        checkLive();
        Lease.checkPart(offset, length, this.length);
        return share(Lease.part(view, offset, length), length);
    }

    @Override
    public PooledBuffer slice(int offset, int length, Runnable whenBack) {
        checkLive();
        Lease.checkPart(offset, length, this.length);
        return share(Lease.part(view, offset, length), length, new LeaseLoan(null, whenBack, loan));
    }

    @Override
    public PooledBuffer lend(Runnable whenBack) {
        checkLive();
        return share(view.duplicate().clear(), length, new LeaseLoan(this, whenBack, loan));
    }

    private PooledBuffer share(ByteBuffer view, int length) {
        return share(view, length, loan);
    }

    /** The loan is extended first, so that it cannot be over while the slot has one of its shares. */
    private PooledBuffer share(ByteBuffer view, int length, @Nullable LeaseLoan next) {
        if (loan != null && !loan.extend()) {
            throw Lease.released(slot);
        }
        boolean shared = false;
        try {
            shared = slot.share(first);
        } finally {
            if (!shared && loan != null) {
                loan.end();
            }
        }
        if (!shared) {
            throw Lease.released(slot);
        }
        return of(slot, first, view, length, watch, next);
    }

    @Override
    public BufferPool pool() {
        checkLive();
        return slot.slab.sizeClass.pool;
    }

    @Override
    public PooledBuffer copy() {
        return pool().copyOf(readOnlyBuffer());
    }

    @Override
    public PooledBuffer touch(Object hint) {
        Objects.requireNonNull(hint, "hint");
        checkLive();
        if (watch != null) {
            watch.touch(hint);
        }
        return this;
    }

    @Override
    public boolean isReleased() {
        return released;
    }

    @Override
    public void release() {
        StackReserve.check();
        if (RELEASED.compareAndSet(this, false, true)) {
            if (watch != null) {
                watch.stop();
            }
            slot.slab.sizeClass.ended(slot, slot.endShare());
            if (loan != null) {
                loan.end();
            }
        }
    }

    @Override
    public String toString() {
        return released
                ? "PooledBuffer[released]"
                : message(
                        "PooledBuffer[%,d of %,d bytes, shared, pool '%s']",
                        length, view.capacity(), slot.slab.sizeClass.pool.name());
    }
}
