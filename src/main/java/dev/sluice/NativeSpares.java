package dev.sluice;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory of one pool that only the collector can free, on its way from one size to another: what was reclaimed for a
 * new slab becomes that slab. So a pool that changes its sizes within a full budget does not take twice its budget from
 * the system.
 *
 * <p>What is here is credited to the budget, and charged again with the slab that it becomes. It is at most a small
 * share of the budget, or one piece, and goes with the next look of the shrinker.
 */
final class NativeSpares {

    /** Less is not worth a piece of its own. */
    private static final int SMALLEST_BYTES = 4 << 10;

    private final long mostBytes;
    private final ArrayDeque<NativeBuffer> spares = new ArrayDeque<>();
    private long bytes;

    NativeSpares(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** Keeps a piece; returns the oldest ones, which there is no room for any more. */
    synchronized List<NativeBuffer> add(NativeBuffer piece) {
        keep(piece);
        List<NativeBuffer> tooMuch = new ArrayList<>();
        while (bytes > mostBytes && spares.size() > 1) {
            tooMuch.add(forget(spares.element()));
        }
        return tooMuch;
    }

    private void keep(NativeBuffer piece) {
        spares.add(piece);
        bytes += piece.buffer().capacity();
    }

    private NativeBuffer forget(NativeBuffer piece) {
        spares.remove(piece);
        bytes -= piece.buffer().capacity();
        return piece;
    }

    /** So much memory, zeroed, of a piece that is as large or larger; null if there is none. */
    @Nullable NativeBuffer take(int wanted) {
        NativeBuffer taken = takePiece(wanted);
        if (taken != null) {
            taken.zero();
        }
        return taken;
    }

    private synchronized @Nullable NativeBuffer takePiece(int wanted) {
        for (Iterator<NativeBuffer> i = spares.iterator(); i.hasNext(); ) {
            NativeBuffer piece = i.next();
            if (piece.buffer().capacity() >= wanted) {
                i.remove();
                bytes -= piece.buffer().capacity();
                return split(piece, wanted);
            }
        }
        return null;
    }

    /** The first part of a piece; the rest is kept, unless it is too small to be of use. */
    private NativeBuffer split(NativeBuffer piece, int wanted) {
        if (piece.buffer().capacity() - wanted < SMALLEST_BYTES + NativeMemory.ALIGNMENT) {
            return piece.first(wanted);
        }
        keep(piece.after(wanted));
        return piece.first(wanted);
    }

    /** Gives up all that is spare. */
    synchronized List<NativeBuffer> takeAll() {
        List<NativeBuffer> all = List.copyOf(spares);
        spares.clear();
        bytes = 0;
        return all;
    }
}
