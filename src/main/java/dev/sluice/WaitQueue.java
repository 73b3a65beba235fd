package dev.sluice;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests that one bound refused, oldest first: a doubly linked list, so that leaving it is O(1). Guarded by the ledger.
 */
final class WaitQueue {

    private final Supplier<String> refusal;
    private @Nullable PendingRequest head;
    private @Nullable PendingRequest tail;

    /**
     * Makes the queue of a bound.
     *
     * @param refusal says why the bound refuses, with its numbers
     */
    WaitQueue(Supplier<String> refusal) {
        this.refusal = refusal;
    }

    String refusal() {
        return head == null ? reason() : "others wait already, since " + reason();
    }

    /** Why those in the queue wait, in the numbers of this moment. */
    String reason() {
        return refusal.get();
    }

    @Nullable PendingRequest head() {
        return head;
    }

    boolean hasOlderThan(long ticket) {
        return head != null && head.ticket < ticket;
    }

    /** Inserts a request at its age; a new one goes to the end at once. */
    void insert(PendingRequest request) {
        PendingRequest before = tail;
        while (before != null && before.ticket > request.ticket) {
            before = before.previous;
        }
        PendingRequest after = before == null ? head : before.next;
        request.queue = this;
        request.previous = before;
        request.next = after;
        if (before == null) {
            head = request;
        } else {
            before.next = request;
        }
        if (after == null) {
            tail = request;
        } else {
            after.previous = request;
        }
    }

    /** Takes a request out, which still names this queue: it may be about to stand in another one. */
    void remove(PendingRequest request) {
        PendingRequest before = request.previous;
        PendingRequest after = request.next;
        if (before == null) {
            head = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            tail = before;
        } else {
            after.previous = before;
        }
        request.previous = null;
        request.next = null;
    }
}
