package dev.sluice.flux;

import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Where a pipeline takes memory: its source, or an operator that has memory of its own. Each knows the next one below,
 * which it finds in the context of its subscriber; so they form the tree that the subscriptions form.
 *
 * <pre>{@code
 *   read ---- gunzip ---- rechunk ---- gzip ---- writeTo
 *   depth 3   depth 2     depth 1      depth 0   none: takes no memory
 * }</pre>
 */
final class ReservePlace {

    /** The key in a context. */
    private static final Object NEXT = ReservePlace.class;

    final @Nullable ReservePlace below;
    final int depth;

    /** How many buffers the reserve has at this depth: as many as may be kept below, and one. */
    final int buffers;

    private final Stage.Input input;
    private final boolean isSource;

    /** How large a buffer it must be. Written before the place enters a reserve. */
    private int bytes;

    /** The reserve that this place may use. Written by the reserve. */
    volatile @Nullable Reserve reserve;

    /** Whether that was decided. Written by the reserve. */
    volatile boolean entered;

    volatile boolean left;

    /** Whether the reserve has counted this place. Guarded by the reserve. */
    boolean counted;

    private ReservePlace(@Nullable ReservePlace below, int bytes, Stage.Input input, boolean isSource) {
        this.below = below;
        this.depth = below == null ? 0 : below.depth + 1;
        this.buffers = 1 + keptBelow(below);
        this.bytes = bytes;
        this.input = input;
        this.isSource = isSource;
    }

    /** How many buffers may be kept by places whose input this is, whole or in slices. */
    private static int keptBelow(@Nullable ReservePlace below) {
        int kept = 0;
        for (ReservePlace each = below; each != null && each.input != Stage.Input.COPIED; each = each.below) {
            kept += each.input == Stage.Input.KEPT ? 1 : 0;
        }
        return kept;
    }

    /**
     * Makes the place of an operator.
     *
     * @param context of its subscriber
     * @param bytes how large a buffer it takes at most
     */
    static ReservePlace ofOperator(ContextView context, int bytes, Stage.Input input) {
        return new ReservePlace(context.getOrDefault(NEXT, null), bytes, input, false);
    }

    /** Makes the place of a source; null if nothing below takes memory, so that nothing is held while the source waits. */
    static @Nullable ReservePlace ofSource(ContextView context) {
        ReservePlace below = context.getOrDefault(NEXT, null);
        return below == null ? null : new ReservePlace(below, 0, Stage.Input.COPIED, true);
    }

    Context in(Context context) {
        return context.put(NEXT, this);
    }

    int bytes() {
        return bytes;
    }

    /** For a source, which learns how much it takes when its file is open. */
    void setBytes(int bytes) {
        this.bytes = bytes;
    }

    /** Whether the pipeline has nothing yet, so that it can wait without keeping anything from others. */
    boolean isFirst() {
        return isSource && below != null && !below.entered;
    }

    /** Whether this place is the other, or above it. */
    boolean reaches(ReservePlace other) {
        ReservePlace each = this;
        while (each != null && each.depth > other.depth) {
            each = each.below;
        }
        return each == other;
    }

    /** Takes no memory any more. May be called more than once, from any thread. */
    void leave() {
        left = true;
        Reserve mine = reserve;
        if (mine != null) {
            mine.leave(this);
        }
    }
}
