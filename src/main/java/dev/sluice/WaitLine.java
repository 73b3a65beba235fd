package dev.sluice;

import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait at one bound, oldest first: at a size class, the requests for it; at a budget, the lines inside that
 * have got so far. Guarded by the ledger.
 *
 * <p>A request stands in the line of its size class until it is granted or gives up, and never moves: a doubly linked
 * list, so that leaving it takes constant time. What moves is the line. As long as its bound admits its first request,
 * the line stands in the line of the next bound outside, by the ticket of that request. So the first of the outermost
 * line is the oldest request that no inner bound holds up, and a bound that gets room lets through one line, however
 * many requests are behind it. The lines inside are kept as a binary heap.
 */
final class WaitLine {

    private static final WaitLine[] NONE = {};

    private static final int OUTSIDE = -1;

    /** The line of the next bound outside; null for that of an outermost budget. */
    final @Nullable WaitLine outer;

    private final Supplier<String> refusal;

    /** Of a size class: the requests. */
    private @Nullable PendingRequest first;

    private @Nullable PendingRequest last;
    private int size;

    /** Of a budget: the lines inside that stand here, the one with the oldest first request at 0. */
    private WaitLine[] inner = NONE;

    private int count;

    /** Where this line stands in the heap of the outer one, and by which ticket. */
    private int place = OUTSIDE;

    private long ticket;

    /**
     * Makes the line of a bound.
     *
     * @param outer the line of the next bound outside, if there is one
     * @param refusal says why the bound refuses, with its numbers
     */
    WaitLine(@Nullable WaitLine outer, Supplier<String> refusal) {
        this.outer = outer;
        this.refusal = refusal;
    }

    boolean isEmpty() {
        return first == null && count == 0;
    }

    /** How many requests stand here; of a budget's line, none: they stand further in. */
    int size() {
        return size;
    }

    /** The oldest request here, or that got here; null if nobody did. */
    @Nullable PendingRequest head() {
        WaitLine line = this;
        while (line.count > 0) {
            line = line.inner[0];
        }
        return line.first;
    }

    /** Whether the first request has passed this bound, and waits at one outside. */
    boolean hasPassed() {
        return place != OUTSIDE;
    }

    /** Why a newcomer is refused here. */
    String refusal() {
        return isEmpty() ? reason() : "others wait already, since " + reason();
    }

    /** Why those here wait, in the numbers of this moment: the bound that holds them up may be one further out. */
    String reason() {
        WaitLine line = this;
        while (line.place != OUTSIDE && line.outer != null) {
            line = line.outer;
        }
        return line.refusal.get();
    }

    /** Makes room for one line more at each bound from here outward, so that nothing needs memory later. */
    void ensureRoom() {
        for (WaitLine line = outer; line != null; line = line.outer) {
            if (line.count == line.inner.length) {
                line.inner = Arrays.copyOf(line.inner, Math.max(4, 2 * line.count));
            }
        }
    }

    /** Adds the newest request. */
    void add(PendingRequest request) {
        request.line = this;
        request.previous = last;
        request.next = null;
        if (last == null) {
            first = request;
        } else {
            last.next = request;
        }
        last = request;
        size++;
    }

    /** Adds a request that has a ticket of before. */
    void addInTurn(PendingRequest request) {
        PendingRequest before = null;
        PendingRequest after = first;
        while (after != null && after.ticket <= request.ticket) {
            before = after;
            after = after.next;
        }
        if (after == null) {
            add(request);
            return;
        }
        request.line = this;
        request.previous = before;
        request.next = after;
        after.previous = request;
        if (before == null) {
            goBack();
            first = request;
        } else {
            before.next = request;
        }
        size++;
    }

    /** Takes a request out. If it was the first, the line goes back to its own bound. */
    void remove(PendingRequest request) {
        PendingRequest before = request.previous;
        PendingRequest after = request.next;
        if (before == null) {
            goBack();
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        request.previous = null;
        request.next = null;
        request.line = null;
        size--;
    }

    /** The oldest request of the list; the next ones follow by {@link PendingRequest#next}. */
    @Nullable PendingRequest first() {
        return first;
    }

    /** Lets this line stand at the next bound outside. */
    void pass() {
        WaitLine to = outer;
        PendingRequest head = head();
        if (to == null || head == null || place != OUTSIDE) {
            return;
        }
        ticket = head.ticket;
        if (to.count > 0 && ticket < to.inner[0].ticket) {
            to.goBack();
        }
        if (to.count == to.inner.length) {
            to.inner = Arrays.copyOf(to.inner, Math.max(4, 2 * to.count));
        }
        to.siftUp(to.count++, this);
    }

    /** Takes this line back to its own bound. If it was the first outside, the outer one goes back as well. */
    void goBack() {
        WaitLine from = outer;
        if (from == null || place == OUTSIDE) {
            return;
        }
        if (place == 0) {
            from.goBack();
        }
        int hole = place;
        place = OUTSIDE;
        WaitLine moved = from.inner[--from.count];
        if (moved != this) {
            from.siftDown(hole, moved);
            if (moved.place == hole) {
                from.siftUp(hole, moved);
            }
        }
        clear(from.inner, from.count);
    }

    @SuppressWarnings("NullAway") // beyond the count nobody looks
    private static void clear(WaitLine[] lines, int index) {
        lines[index] = null;
    }

    private void siftUp(int from, WaitLine line) {
        int hole = from;
        while (hole > 0) {
            WaitLine parent = inner[(hole - 1) / 2];
            if (parent.ticket <= line.ticket) {
                break;
            }
            put(hole, parent);
            hole = (hole - 1) / 2;
        }
        put(hole, line);
    }

    private void siftDown(int from, WaitLine line) {
        int hole = from;
        while (2 * hole + 1 < count) {
            int child = 2 * hole + 1;
            if (child + 1 < count && inner[child + 1].ticket < inner[child].ticket) {
                child++;
            }
            if (line.ticket <= inner[child].ticket) {
                break;
            }
            put(hole, inner[child]);
            hole = child;
        }
        put(hole, line);
    }

    private void put(int at, WaitLine line) {
        inner[at] = line;
        line.place = at;
    }
}
