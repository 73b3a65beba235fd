package dev.sluice;

import org.jspecify.annotations.Nullable;

/**
 * The idle slabs of a size class, or of all pools beneath a budget, the longest idle first, and their bytes.
 *
 * <p>A doubly linked list whose nodes are made with the slab, so that to enter and to leave needs neither memory nor a
 * search. Guarded by the ledger.
 */
final class SlabIdleList {

    /** A slab's place in one list. */
    static final class Node {
        final Slab slab;
        private final SlabIdleList list;
        private @Nullable Node previous;
        private @Nullable Node next;

        /** What the slab counts for here; 0 while it is not listed. */
        private long bytes;

        Node(Slab slab, SlabIdleList list) {
            this.slab = slab;
            this.list = list;
        }

        @Nullable Node next() {
            return next;
        }
    }

    private @Nullable Node oldest;
    private @Nullable Node newest;
    private long bytes;

    /** The nodes of a slab: for its class, and for its pool's budget and all above. */
    static Node[] nodesOf(Slab slab) {
        int depth = 1;
        MemoryBudget own = slab.sizeClass.pool.budget();
        for (MemoryBudget b = own; b != null; b = b.parent()) {
            depth++;
        }
        Node[] nodes = new Node[depth];
        nodes[0] = new Node(slab, slab.sizeClass.idle);
        int level = 1;
        for (MemoryBudget b = own; b != null; b = b.parent()) {
            nodes[level++] = new Node(slab, b.idle);
        }
        return nodes;
    }

    /** Lists an idle slab everywhere, as the one that has been idle for the shortest time. */
    static void enterLocked(Slab slab) {
        leaveLocked(slab);
        long bytes = slab.bytesLocked();
        for (Node node : slab.idleNodes) {
            node.list.add(node, bytes);
        }
    }

    /** Takes a slab that is not idle any more out of all lists; does nothing for one that is in none. */
    static void leaveLocked(Slab slab) {
        for (Node node : slab.idleNodes) {
            if (node.bytes != 0) {
                node.list.remove(node);
            }
        }
    }

    private void add(Node node, long slabBytes) {
        node.bytes = slabBytes;
        bytes += slabBytes;
        Node last = newest;
        node.previous = last;
        node.next = null;
        if (last == null) {
            oldest = node;
        } else {
            last.next = node;
        }
        newest = node;
    }

    private void remove(Node node) {
        bytes -= node.bytes;
        node.bytes = 0;
        Node before = node.previous;
        Node after = node.next;
        if (before == null) {
            oldest = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            newest = before;
        } else {
            after.previous = before;
        }
        node.previous = null;
        node.next = null;
    }

    @Nullable Node oldest() {
        return oldest;
    }

    long bytes() {
        return bytes;
    }
}
