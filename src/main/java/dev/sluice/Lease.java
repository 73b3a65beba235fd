package dev.sluice;

import static dev.sluice.Messages.message;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@code acquire} returns: an immutable value whose right ends when its slot's generation moves on. */
final class Lease implements PooledBuffer {

    private final Slot slot;
    private final long first;
    private final @Nullable LeaseWatch watch;

    Lease(Slot slot, long first, @Nullable LeaseWatch watch) {
        this.slot = slot;
        this.first = first;
        this.watch = watch;
    }

    private Slot live() {
        if (slot.isFirst(first)) {
            return slot;
        }
        throw released(slot);
    }

    static BufferReleasedException released(Slot slot) {
        return new BufferReleasedException(message(
                "this lease of a %,d-byte buffer of pool '%s' is released",
                slot.slab.slotBytes, slot.slab.sizeClass.pool.name()));
    }

    @Override
    public ByteBuffer byteBuffer() {
        return live().view;
    }

    @Override
    public ByteBuffer readOnlyBuffer() {
        Slot live = live();
        return live.view.asReadOnlyBuffer().clear().limit(live.length);
    }

    @Override
    public int length() {
        return live().length;
    }

    @Override
    public int capacity() {
        return live().slab.slotBytes;
    }

    @Override
    public PooledBuffer resize(int length) {
        Slot live = live();
        checkLength(length, live.slab.slotBytes);
        live.length = length;
        live.view.clear().limit(length);
        return this;
    }

    static void checkLength(int length, int capacity) {
        if (length < 0 || length > capacity) {
            throw new IndexOutOfBoundsException(
                    message("length %,d is not within 0 and the capacity %,d", length, capacity));
        }
    }

    static void checkPart(int offset, int partLength, int length) {
        if (offset < 0 || partLength < 0 || partLength > length - offset) {
            throw new IndexOutOfBoundsException(
                    message("a part of %,d bytes from %,d is not within the length %,d", partLength, offset, length));
        }
    }

    @Override
    public PooledBuffer retain() {
        Slot live = live();
        return share(live, live.view.duplicate().clear(), live.length, null);
    }

    @Override
    public PooledBuffer lend(Runnable whenBack) {
        Slot live = live();
        return share(live, live.view.duplicate().clear(), live.length, new LeaseLoan(this, whenBack, null));
    }

    @Override
    public PooledBuffer retainReadOnly() {
        Slot live = live();
        return share(live, live.view.asReadOnlyBuffer().clear(), live.length, null);
    }

    @Override
    public int pinnedBytes() {
        return live().slab.slotBytes;
    }

    @Override
    public boolean sharesMemoryWith(PooledBuffer other) {
        return live() == slotOf(other);
    }

    static Slot slotOf(PooledBuffer buffer) {
        return buffer instanceof Lease lease ? lease.live() : ((SharedLease) buffer).live();
    }

    @Override
    public PooledBuffer slice(int offset, int length) {
        Slot live = live();
        checkPart(offset, length, live.length);
        return share(live, part(live.view, offset, length), length, null);
    }

    @Override
    public PooledBuffer slice(int offset, int length, Runnable whenBack) {
        Slot live = live();
        checkPart(offset, length, live.length);
        return share(live, part(live.view, offset, length), length, new LeaseLoan(null, whenBack, null));
    }

    /** A slice, which a view with its limit before the end of the part would refuse. */
    static ByteBuffer part(ByteBuffer view, int offset, int length) {
        ByteBuffer whole =
                offset + length <= view.limit() ? view : view.duplicate().clear();
        return whole.slice(offset, length);
    }

    private PooledBuffer share(Slot live, ByteBuffer view, int length, @Nullable LeaseLoan loan) {
        if (!live.shareFirst(first)) {
            throw released(live);
        }
        return SharedLease.of(live, first, view, length, watch, loan);
    }

    @Override
    public BufferPool pool() {
        return live().slab.sizeClass.pool;
    }

    @Override
    public PooledBuffer copy() {
        return pool().copyOf(readOnlyBuffer());
    }

    @Override
    public PooledBuffer touch(Object hint) {
        Objects.requireNonNull(hint, "hint");
        live();
        if (watch != null) {
            watch.touch(hint);
        }
        return this;
    }

    @Override
    public boolean isReleased() {
        return !slot.isFirst(first);
    }

    @Override
    public void release() {
        StackReserve.check();
        SizeClass sizeClass = slot.slab.sizeClass;
        if (watch == null) {
            sizeClass.release(slot, first);
        } else if (sizeClass.releaseWatched(slot, first)) {
            watch.stop();
        }
    }

    @Override
    public String toString() {
        return slot.isFirst(first)
                ? message(
                        "PooledBuffer[%,d of %,d bytes, pool '%s']",
                        slot.length, slot.slab.slotBytes, slot.slab.sizeClass.pool.name())
                : "PooledBuffer[released]";
    }
}
