package dev.sluice;

import org.jspecify.annotations.Nullable;

/**
 * Where a lease without a holder was taken: nothing but its stack trace.
 *
 * <p>HotSpot inlines no method of a throwable into other code. That is why the rare case of an acquire is called here:
 * inlined, it would make {@link BufferPool#acquire(int)} too large to be inlined itself, and then each lease would be
 * allocated, a watched one or not.
 */
final class LeaseTrace extends Throwable {

    private static final long serialVersionUID = 1;

    static @Nullable LeaseWatch watchSome(SizeClass sizeClass, Slot slot, long first, int size) {
        return sizeClass.watchSome(slot, first, size);
    }
}
