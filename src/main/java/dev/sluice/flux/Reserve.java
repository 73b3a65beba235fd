package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.InvalidSizeException;
import dev.sluice.PooledBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * What is kept spare of a pool so that, of all pipelines that wait for its memory, one can always go on.
 *
 * <p>An operator holds its input while it waits for memory; so many pipelines on one pool could all hold, and all wait.
 * Therefore, as long as there are such pipelines, the reserve has a buffer for each depth at which they have {@linkplain
 * ReservePlace places}. A pipeline enters before its source takes the first buffer: holding nothing, it waits until the reserve
 * has what it would need. One that has something before, from a source that is not of this package, does not wait, and
 * gets what there is. Where memory is short, places stand in the pool's line and beside the reserve, and take what comes
 * first.
 *
 * <p>One pipeline uses the reserve at a time. What a place of it wants is there, or further down with places that go on
 * without more: so this pipeline goes on, whatever the others hold. When all is back, the next one follows.
 */
final class Reserve {

    /*
     * All state is guarded by this. Nothing is acquired, released or told under the lock: those may run foreign code.
     * What is to be told is put into `news`, and told by one thread at a time, never deeper in the stack: the end of one
     * wait may end the next.
     *
     * The user is a path, from `top` down to its root. It grows upward: a place whose path goes through `top` becomes the
     * top, for what lies below would wait for it. It shrinks when its top leaves. Another path follows when nothing that
     * was lent to this one is out, or when its root has left: what is out then is with those who need no memory.
     *
     * Enter against leave: the one writes `reserve`, then reads `left`, the other writes `left`, then reads `reserve`. So
     * at least one sees the other, and `counted` says under the lock whether there is anything to take back.
     */

    /** Weak: a reserve refers to its pool only while it is used. */
    private static final Map<BufferPool, Reserve> RESERVES = new WeakHashMap<>();

    private final Map<Integer, ReserveLevel> levels = new HashMap<>();
    private final Set<Turn> entering = new LinkedHashSet<>();
    private final Map<Turn, Wish> wishes = new LinkedHashMap<>();

    private @Nullable BufferPool pool;

    /** Whether a buffer was lost and not made up for. */
    private boolean hasLost;

    private boolean refilling;
    private @Nullable CompletableFuture<PooledBuffer> refill;

    private @Nullable ReservePlace top;

    /** The number of the path that uses the reserve, and how many buffers it has out. */
    private long user;

    private int out;

    private final Queue<Runnable> news = new ConcurrentLinkedQueue<>();
    private final AtomicInteger telling = new AtomicInteger();

    /** What a place wants. */
    private record Wish(ReservePlace place, int bytes) {}

    private Reserve() {}

    static Reserve of(BufferPool pool) {
        synchronized (RESERVES) {
            return RESERVES.computeIfAbsent(pool, unused -> new Reserve());
        }
    }

    synchronized boolean isOf(BufferPool other) {
        return pool == other;
    }

    /**
     * Lets a place and those below it in. If the pool could not hold what they need, beside what others here do, they go
     * without.
     *
     * @return whether the place may take memory; if not, the turn is told to {@linkplain Turn#stand() stand}
     */
    boolean enter(ReservePlace place, BufferPool from, Turn turn) {
        boolean waits;
        synchronized (this) {
            if (place.entered) {
                return true;
            }
            if (!fits(place, from)) {
                place.entered = true;
                return true;
            }
            pool = from;
            waits = place.isFirst();
            for (ReservePlace each = place; each != null && !each.entered; each = each.below) {
                count(each);
            }
            if (waits) {
                entering.add(turn);
            }
        }
        settle();
        return !waits;
    }

    private boolean fits(ReservePlace place, BufferPool from) {
        Map<Integer, ReserveLevel> all = new HashMap<>();
        for (ReservePlace each = place; each != null; each = each.below) {
            ReserveLevel level = new ReserveLevel();
            level.add(each);
            all.put(each.depth, level);
        }
        levels.forEach((depth, level) -> all.merge(depth, level, ReserveLevel::larger));
        Map<Integer, Integer> bySize = new HashMap<>();
        long bytes = 0;
        try {
            for (ReserveLevel level : all.values()) {
                int capacity = from.capacityFor(level.bytes);
                bytes += (long) capacity * level.buffers;
                bySize.merge(capacity, level.buffers, Integer::sum);
            }
        } catch (InvalidSizeException e) {
            return false; // the place hears it from the pool itself
        }
        return bytes <= from.budget().limit()
                && bySize.values().stream().allMatch(count -> count <= from.maxBuffersPerSize());
    }

    private void count(ReservePlace place) {
        place.reserve = this;
        place.entered = true;
        if (!place.left) {
            place.counted = true;
            levels.computeIfAbsent(place.depth, unused -> new ReserveLevel()).add(place);
        }
    }

    /** Puts a place beside the reserve: the turn is told if it gets a buffer here. */
    void want(ReservePlace place, int bytes, Turn turn) {
        synchronized (this) {
            if (!place.counted) {
                return;
            }
            wishes.put(turn, new Wish(place, bytes));
        }
        if (turn.isAnswered()) {
            forget(turn);
        }
        settle();
    }

    /** The turn has its answer, or is given up. */
    void forget(Turn turn) {
        boolean known;
        synchronized (this) {
            known = entering.remove(turn) || wishes.remove(turn) != null;
        }
        if (known) {
            settle();
        }
    }

    void leave(ReservePlace place) {
        List<ReserveLevel.Spare> dropped = List.of();
        synchronized (this) {
            if (!place.counted) {
                return;
            }
            place.counted = false;
            if (top == place && place.below != null) {
                top = place.below;
            } else if (top != null && top.reaches(place) && place.below == null) {
                endUse();
            }
            ReserveLevel level = levels.get(place.depth);
            if (level != null && --level.places == 0) {
                levels.remove(place.depth);
                dropped = level.drop();
            }
            if (levels.isEmpty()) {
                endUse();
                pool = null;
            }
        }
        dropped.forEach(spare -> spare.lease.release());
        settle();
    }

    private void endUse() {
        top = null;
        user++;
        out = 0;
    }

    /** Does what the present state allows, and tells whom it concerns. */
    private void settle() {
        synchronized (this) {
            lend();
            if (refill != null && !isWaitedFor()) {
                news.add(cancelling(refill));
            }
        }
        refill();
        tell();
    }

    private static Runnable cancelling(CompletableFuture<PooledBuffer> request) {
        return () -> request.cancel(false);
    }

    private void lend() {
        if (out == 0) {
            endUse();
        }
        Iterator<Map.Entry<Turn, Wish>> each = wishes.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<Turn, Wish> next = each.next();
            ReservePlace place = next.getValue().place();
            ReserveLevel level = levels.get(place.depth);
            ReserveLevel.Spare spare = level == null || !mayUse(place)
                    ? null
                    : level.free(next.getValue().bytes());
            if (spare != null) {
                each.remove();
                lend(spare, place, next.getKey());
            }
        }
    }

    private boolean mayUse(ReservePlace place) {
        return place.counted && (top == null || top.reaches(place) || place.reaches(top));
    }

    private void lend(ReserveLevel.Spare spare, ReservePlace place, Turn turn) {
        if (top == null || place.reaches(top)) {
            top = place;
        }
        out++;
        spare.isLent = true;
        long by = user;
        PooledBuffer lent = spare.lease.lend(() -> back(spare, by));
        news.add(() -> turn.lent(lent));
    }

    /** The lender's lease is over if a lent one was lost: then the spare is too. */
    private void back(ReserveLevel.Spare spare, long by) {
        boolean useless;
        synchronized (this) {
            spare.isLent = false;
            if (by == user) {
                out--;
            }
            hasLost |= spare.lease.isReleased();
            useless = spare.isDropped || spare.lease.isReleased();
            if (useless) {
                levels.values().forEach(level -> level.remove(spare));
            }
        }
        if (useless) {
            spare.lease.release();
        }
        settle();
    }

    private @Nullable ReserveLevel shortLevel() {
        for (ReserveLevel level : levels.values()) {
            if (level.isShort()) {
                return level;
            }
        }
        return null;
    }

    /**
     * Takes what is missing from the pool, one after the other: in its line if somebody waits for that, who may stand
     * when nothing is missing any more.
     */
    private void refill() {
        BufferPool from;
        int bytes;
        boolean waits;
        synchronized (this) {
            ReserveLevel level = shortLevel();
            if (level == null) {
                hasLost = false;
                entering.forEach(turn -> news.add(turn::stand));
                entering.clear();
            }
            from = pool;
            if (level == null || from == null || refilling) {
                return;
            }
            refilling = true;
            bytes = level.bytes;
            waits = isWaitedFor();
        }
        if (!waits) {
            takeIfThereIs(from, bytes);
            return;
        }
        CompletableFuture<PooledBuffer> asked;
        try {
            asked = from.request(bytes, null, this);
        } catch (RuntimeException e) {
            asked = CompletableFuture.failedFuture(e);
        }
        boolean needed;
        synchronized (this) {
            refill = asked;
            needed = isWaitedFor();
        }
        var unused = asked.whenComplete(this::refilled);
        if (!needed) {
            asked.cancel(false);
        }
    }

    private boolean isWaitedFor() {
        return (!entering.isEmpty() || hasLost) && shortLevel() != null;
    }

    private void takeIfThereIs(BufferPool from, int bytes) {
        Optional<PooledBuffer> buffer = Optional.empty();
        try {
            buffer = from.tryAcquire(bytes, this);
        } catch (BufferPoolException e) {
            // closed: whoever wants memory hears it from the pool itself
        }
        buffer.ifPresentOrElse(taken -> refilled(taken, null), this::notRefilled);
    }

    /** Leaves it at that, unless somebody came to wait meanwhile, whose own attempt found this one under way. */
    private void notRefilled() {
        boolean again;
        synchronized (this) {
            refilling = false;
            again = isWaitedFor();
        }
        if (again) {
            refill();
        }
    }

    private void refilled(@Nullable PooledBuffer buffer, @Nullable Throwable error) {
        List<ReserveLevel.Spare> dropped = List.of();
        synchronized (this) {
            refilling = false;
            refill = null;
            if (buffer != null) {
                dropped = add(new ReserveLevel.Spare(buffer));
            } else if (!(error instanceof CancellationException)) {
                goWithout();
            }
        }
        dropped.forEach(spare -> spare.lease.release());
        settle();
    }

    /** Returns what is not needed: the new one, or those that it replaces. */
    private List<ReserveLevel.Spare> add(ReserveLevel.Spare spare) {
        for (ReserveLevel level : levels.values()) {
            if (level.isShort() && spare.capacity >= level.bytes) {
                return level.add(spare);
            }
        }
        return List.of(spare);
    }

    /** The pool refuses for good: whoever waits hears it from the pool itself. */
    private void goWithout() {
        levels.values().forEach(ReserveLevel::makeDo);
    }

    /** One thread at a time tells; whoever brings more meanwhile leaves it to that one. */
    private void tell() {
        if (telling.getAndIncrement() != 0) {
            return;
        }
        int missed = 1;
        do {
            for (Runnable next = news.poll(); next != null; next = news.poll()) {
                try {
                    next.run();
                } catch (RuntimeException | Error e) {
                    Operators.onErrorDropped(e, Context.empty());
                }
            }
            missed = telling.addAndGet(-missed);
        } while (missed != 0);
    }

    /** Names the reserve in reports of lost leases. */
    @Override
    public String toString() {
        return "the reserve that pipelines of byte operators share";
    }
}
