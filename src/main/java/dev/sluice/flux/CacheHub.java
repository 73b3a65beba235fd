package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** One content of a cache, while it comes and afterwards. Its fields are guarded by the {@link CacheKeeper}. */
final class CacheHub extends Hub {

    /** A buffer, and what comes after it. */
    static final class Node {

        final @Nullable PooledBuffer buffer;
        volatile @Nullable Node next;

        Node(@Nullable PooledBuffer buffer) {
            this.buffer = buffer;
        }
    }

    final List<CacheInner> branches = new ArrayList<>();

    private final CacheKeeper keeper;
    private final ReservePlace place;

    /** Stands before the first buffer; has none. */
    private Node head = new Node(null);

    private Node tail = head;
    private long pinnedBytes;
    private boolean dropped;

    /** The source has ended, and how; `ended` is written last, and read without the lock too. */
    private volatile boolean ended;

    private @Nullable Throwable failure;

    CacheHub(CacheKeeper keeper, Context context) {
        this(keeper, ReservePlace.ofKeeper(context), context);
    }

    private CacheHub(CacheKeeper keeper, ReservePlace place, Context context) {
        super(place.in(context));
        this.place = place;
        this.keeper = keeper;
    }

    @Override
    long wanted() {
        return ended ? 0 : keeper.wantedOf(this);
    }

    @Override
    public void onNext(PooledBuffer buffer) {
        keeper.accept(this, buffer);
        drainAll();
    }

    @Override
    public void onError(Throwable error) {
        if (ended || isStopped()) {
            Operators.onErrorDropped(error, currentContext());
            return;
        }
        keeper.end(this, error);
        drainAll();
    }

    @Override
    public void onComplete() {
        keeper.end(this, null);
        drainAll();
    }

    private void drainAll() {
        keeper.subscribersOf(this).forEach(HubInner::drain);
    }

    /** What this would pin with one buffer more. Slices of one buffer, which come one after the other, count once. */
    long pinnedWith(PooledBuffer next) {
        PooledBuffer last = tail.buffer;
        return last != null && last.sharesMemoryWith(next) ? pinnedBytes : pinnedBytes + next.pinnedBytes();
    }

    void append(PooledBuffer buffer, long pinned) {
        pinnedBytes = pinned;
        place.hold(buffer.pool(), pinned);
        Node node = new Node(buffer);
        tail.next = node;
        tail = node;
    }

    void end(@Nullable Throwable error) {
        failure = error;
        ended = true;
    }

    boolean hasEnded() {
        return ended;
    }

    @Nullable Throwable failure() {
        return failure;
    }

    /** Whether a new subscriber would get this. */
    boolean isOffered() {
        return keeper.isOffered(this);
    }

    void drop() {
        dropped = true;
    }

    boolean isDropped() {
        return dropped;
    }

    Node head() {
        return head;
    }

    /** Takes everything out, for the caller to release. */
    List<PooledBuffer> takeAll() {
        List<PooledBuffer> all = new ArrayList<>();
        for (Node node = head.next; node != null; node = node.next) {
            if (node.buffer != null) {
                all.add(node.buffer);
            }
        }
        head = new Node(null);
        tail = head;
        pinnedBytes = 0;
        return all;
    }
}
