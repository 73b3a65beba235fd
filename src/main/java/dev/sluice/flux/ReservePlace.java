package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Where a pipeline takes memory: its source, or an operator that has memory of its own. Each knows the next below,
 * which it finds in the context of its subscriber; so places form the graph that the subscriptions form.
 *
 * <pre>{@code
 *   read ---- gunzip ---- rechunk ---- gzip ---- writeTo           writeTo takes no memory and has no place
 *
 *   read A ---+                                                    many above one: mergeBuffers, flatMap, concat
 *   read B ---+---- rechunk
 *
 *   read ---- tee ---+---- gzip                                    one above many: the tee waits for the slowest
 *                    +---- rechunk
 *
 *   read ---- consumeMany                                          what runs within for a buffer stands above all that
 *                 \---- read ---- rechunk                          the pipeline around it may hold
 * }</pre>
 */
final class ReservePlace {

    /** What a place is, beyond how much it takes. */
    private enum Kind {
        SOURCE,
        /** A source whose frames may lie in the pool before they are asked for; see {@link #ofFrames}. */
        FRAMES,
        OPERATOR,
        /** Buffers are kept for good. */
        KEEPER,
        /** Several sources meet; the place stands for them before they are there, and takes nothing itself. */
        JOINT,
        /** One sequence goes to several subscribers. */
        HUB,
        /** Buffers are held here while other pipelines run for them. */
        NEST,
        /** One of these pipelines ends here. */
        INNER
    }

    /** The key in a context. */
    private static final Object NEXT = ReservePlace.class;

    private final Kind kind;
    private final List<ReservePlace> below;

    /** How many buffers of this place may be needed at once: as many as may be kept below, and one. */
    final int buffers;

    private final Stage.@Nullable Input input;

    /** The places that hold buffers while pipelines run within this nest. */
    private final List<ReservePlace> outside = new CopyOnWriteArrayList<>();

    private final ReserveGroup group;

    /** Whether the place does with an eighth of a budget that is small. */
    private boolean isScaled;

    /** How large a buffer it must be. Written before the place enters a reserve. */
    private int bytes;

    /** Where buffers come from besides the pools of what is above. */
    private Set<BufferPool> pools = Set.of();

    /** Whether the place may want more than it said. */
    private boolean isOpen;

    private long mostBytes;

    /** Whether an operator takes memory before it has an input. */
    private boolean isFirst;

    /** The joint above, which enters with this place if this wants memory first, and leaves with it. */
    private volatile @Nullable ReservePlace above;

    /** Whether buffers are kept here for good. */
    private boolean isKeeping;

    private volatile @Nullable Held held;

    /** Memory that does not come back before those above have what they want. */
    private record Held(BufferPool pool, long bytes) {}

    /** The pools in which the reserve knows this place. Written by the reserve. */
    private volatile List<BufferPool> entered = List.of();

    volatile boolean left;

    /**
     * The capacity of a buffer in each account that counts this place, and what was counted. Guarded by the reserve.
     */
    final Map<ReserveAccount, Integer> capacities = new HashMap<>();

    final Map<ReserveAccount, ReserveClaims> counted = new HashMap<>();

    private ReservePlace(Kind kind, List<ReservePlace> below, int bytes, Stage.@Nullable Input input) {
        this.kind = kind;
        this.below = below;
        this.bytes = bytes;
        this.input = input;
        int kept = 0;
        for (ReservePlace each : below) {
            kept = Math.max(kept, each.kept(kind == Kind.INNER));
        }
        this.buffers = bytes == 0 && kind != Kind.SOURCE ? 0 : 1 + kept;
        this.group = below.isEmpty() ? new ReserveGroup() : below.get(0).group;
        below.forEach(each -> ReserveGroup.unite(group, each.group));
        enterNests(below);
    }

    private void enterNests(List<ReservePlace> from) {
        if (kind == Kind.INNER) {
            return;
        }
        for (ReservePlace each : from) {
            if (each.kind == Kind.NEST) {
                each.outside.add(this);
            }
            if (each.kind != Kind.INNER) {
                enterNests(each.below);
            }
        }
    }

    /** How many buffers may be kept here and below, whole or in slices. */
    private int kept(boolean passesNest) {
        boolean ends = input == Stage.Input.COPIED || (kind == Kind.NEST && !passesNest);
        if (ends) {
            return 0;
        }
        int sum = 0;
        for (ReservePlace each : below) {
            int those = each.kept(kind == Kind.INNER);
            sum = kind == Kind.HUB ? sum + those : Math.max(sum, those);
        }
        return sum + (input == Stage.Input.KEPT ? 1 : 0);
    }

    private static List<ReservePlace> next(ContextView context) {
        ReservePlace next = context.getOrDefault(NEXT, null);
        return next == null ? List.of() : List.of(next);
    }

    /**
     * Makes the place of an operator.
     *
     * @param context of its subscriber
     * @param bytes how large a buffer it takes at most
     */
    static ReservePlace ofOperator(ContextView context, int bytes, Stage.Input input) {
        return new ReservePlace(Kind.OPERATOR, next(context), bytes, input);
    }

    /**
     * Makes the place of a source; null if nothing below takes memory, so that nothing is held while the source waits.
     *
     * @param pool where it takes from
     * @param bytes how much it takes at least, as far as is known before it is opened
     */
    static @Nullable ReservePlace ofSource(ContextView context, BufferPool pool, int bytes) {
        List<ReservePlace> next = next(context);
        boolean takes = next.stream().anyMatch(ReservePlace::takesBelow);
        if (takes) {
            ReservePlace source = new ReservePlace(Kind.SOURCE, next, bytes, Stage.Input.COPIED);
            source.pools = Set.of(pool);
            ReserveGroup.add(source);
            return source;
        }
        // Where buffers are only kept, a source needs no reserve, but must not wait for what is kept for good.
        return next.stream().anyMatch(ReservePlace::keepsBelow) ? new ReservePlace(Kind.KEEPER, next, 0, null) : null;
    }

    /**
     * Makes the place of a source of frames. What it gets was read ahead, partly into memory of the pool: if all such
     * sources waited for memory, it could lie behind the frames that wait. So the place does not wait to enter, and one
     * spare is kept for all such places of a pool, for the frame that has to be copied. Where something below takes
     * memory, the place is that of any source.
     *
     * @param pool where it takes from
     * @param bytes how much it takes at least
     */
    static @Nullable ReservePlace ofFrames(ContextView context, BufferPool pool, int bytes) {
        List<ReservePlace> next = next(context);
        return next.stream().anyMatch(ReservePlace::takesBelow)
                ? ofSource(context, pool, bytes)
                : new ReservePlace(Kind.FRAMES, next, bytes, Stage.Input.COPIED);
    }

    /** Whether it is the place of frames that do not wait to enter. */
    boolean isOfFrames() {
        return kind == Kind.FRAMES;
    }

    private boolean takesBelow() {
        return bytes > 0 || kind == Kind.INNER || below.stream().anyMatch(ReservePlace::takesBelow);
    }

    private boolean keepsBelow() {
        return isKeeping || below.stream().anyMatch(ReservePlace::keepsBelow);
    }

    /**
     * What sources see that meet here.
     *
     * @param sources the pools that they take from, and how much at a time
     */
    static Context joining(Context context, Map<BufferPool, Integer> sources) {
        List<ReservePlace> next = next(context);
        if (sources.isEmpty() || next.stream().noneMatch(ReservePlace::takesBelow)) {
            return context;
        }
        ReservePlace joint = new ReservePlace(Kind.JOINT, next, Collections.max(sources.values()), null);
        joint.pools = Set.copyOf(sources.keySet());
        for (ReservePlace each : joint.closure()) {
            if ((each.isFirst || next.contains(each)) && each.above == null) {
                each.above = joint;
            }
        }
        return joint.in(context);
    }

    /** What a source sees whose buffers go to several subscribers. */
    static Context sharing(Context first, Collection<? extends ContextView> all) {
        Set<ReservePlace> next = new LinkedHashSet<>();
        all.forEach(each -> next.addAll(next(each)));
        return next.size() < 2 ? first : new ReservePlace(Kind.HUB, List.copyOf(next), 0, null).in(first);
    }

    /** Makes the place of an operator that holds buffers while other pipelines run for them. */
    static ReservePlace ofNest(ContextView context) {
        ReservePlace nest = new ReservePlace(Kind.NEST, next(context), 0, null);
        nest.isOpen = true;
        return nest;
    }

    /** What the pipeline sees that runs within this nest for a buffer. */
    Context within(Context context, PooledBuffer buffer) {
        ReservePlace inner = new ReservePlace(Kind.INNER, List.of(this), 0, null);
        inner.hold(buffer.pool(), buffer.pinnedBytes());
        return inner.in(context);
    }

    /** What a source sees below which an operator keeps buffers for good. */
    static ReservePlace ofKeeper(ContextView context) {
        ReservePlace keeper = new ReservePlace(Kind.KEEPER, next(context), 0, null);
        keeper.isKeeping = true;
        return keeper;
    }

    /** Says what is held here that does not come back before those above have what they want. From one thread. */
    void hold(BufferPool pool, long bytes) {
        held = new Held(pool, bytes);
    }

    /** What is held, of the budget of a pool, by places below that give back only when this one has what it wants. */
    long heldBelow(BufferPool pool) {
        long sum = 0;
        for (ReservePlace each : closure()) {
            sum += each.heldOf(pool);
        }
        return sum;
    }

    /** Whether the pipeline runs within another. */
    boolean isWithin() {
        return !nestsWithin(closure()).isEmpty();
    }

    /** What is held here of the budget of a pool. */
    long heldOf(BufferPool pool) {
        Held now = held;
        return now != null && now.pool.budget() == pool.budget() ? now.bytes : 0;
    }

    Context in(Context context) {
        return context.put(NEXT, this);
    }

    int bytes() {
        return bytes;
    }

    /** How large a buffer of this pool it must be. */
    int bytesIn(BufferPool pool) {
        return isScaled ? Math.min(bytes, pool.chunkSize()) : bytes;
    }

    /** The place does with an eighth of a budget that is small. */
    void setScaled() {
        isScaled = true;
    }

    /** For a source, which learns how much it takes when its file is open. */
    void setBytes(int bytes) {
        this.bytes = bytes;
    }

    /**
     * The place takes from this pool, whatever comes from above.
     *
     * @param first whether it takes before anything comes from above, as a source does
     */
    void setPool(BufferPool pool, boolean first) {
        pools = Set.of(pool);
        isFirst = first;
    }

    /** The place may want buffers of so many bytes, whatever it said that it takes at least. */
    void setMostBytes(long most) {
        mostBytes = most;
    }

    /** Whether it may want more of some pool than it said. */
    boolean isOpenIn(Collection<BufferPool> some) {
        return isOpen || (mostBytes > 0 && some.stream().anyMatch(pool -> mostBytes > bytesIn(pool)));
    }

    boolean isNest() {
        return kind == Kind.NEST;
    }

    /** The place whose closure is to enter when this one wants memory. */
    ReservePlace entering() {
        ReservePlace first = above;
        return first == null || first.left ? this : first;
    }

    /** The joint that is counted as long as this place is. */
    @Nullable ReservePlace above() {
        return above;
    }

    /** Where sources take from; for an operator, where its input comes from. */
    Set<BufferPool> poolsOr(BufferPool ofInput) {
        return kind == Kind.SOURCE || kind == Kind.JOINT ? pools : Set.of(ofInput);
    }

    /** Whether the place stands for those above, so that it claims nothing beside one of them. */
    boolean isJoint() {
        return kind == Kind.JOINT;
    }

    boolean isInner() {
        return kind == Kind.INNER;
    }

    ReserveGroup group() {
        return group.root();
    }

    /** Whether the pipeline has nothing yet, so that it can wait without keeping anything from others. */
    boolean waitsToEnter() {
        return (kind == Kind.SOURCE || kind == Kind.JOINT || isFirst) && !group().isInside();
    }

    /** This place and all that must go on so that what it takes comes back. */
    Set<ReservePlace> closure() {
        Set<ReservePlace> closure = new LinkedHashSet<>();
        addTo(closure);
        return closure;
    }

    private void addTo(Set<ReservePlace> closure) {
        if (closure.add(this)) {
            below.forEach(each -> each.addTo(closure));
            if (kind == Kind.INNER) {
                below.forEach(nest -> nest.outside.forEach(each -> each.addTo(closure)));
            }
        }
    }

    /** The nests that a closure goes round because it begins within them. */
    static Set<ReservePlace> nestsWithin(Collection<ReservePlace> closure) {
        Set<ReservePlace> nests = new LinkedHashSet<>();
        for (ReservePlace each : closure) {
            if (each.kind == Kind.INNER) {
                nests.addAll(each.below);
            }
        }
        return nests;
    }

    /**
     * Finds the pools that each place below, and this one, may take from.
     *
     * @param flowing where the buffers come from that this place gets or, if it is a source, takes
     */
    void addPools(Set<BufferPool> flowing, Map<ReservePlace, Set<BufferPool>> found) {
        boolean own = kind == Kind.OPERATOR && !pools.isEmpty();
        Set<BufferPool> taken = new LinkedHashSet<>(own ? pools : flowing);
        taken.addAll(entered);
        taken.addAll(pools);
        found.computeIfAbsent(this, unused -> new LinkedHashSet<>()).addAll(taken);
        Set<BufferPool> on = new LinkedHashSet<>(flowing);
        on.addAll(taken);
        below.forEach(each -> each.addPools(on, found));
        if (kind == Kind.INNER) {
            below.forEach(nest -> nest.outside.forEach(each -> each.addPools(Set.of(), found)));
        }
    }

    boolean hasEntered(BufferPool pool) {
        if (kind == Kind.KEEPER) {
            return true;
        }
        for (BufferPool each : entered) {
            if (each == pool) {
                return true;
            }
        }
        return false;
    }

    /** For the reserve, under its lock. */
    void setEntered(BufferPool pool) {
        if (!hasEntered(pool)) {
            List<BufferPool> more = new ArrayList<>(entered);
            more.add(pool);
            entered = List.copyOf(more);
        }
    }

    /** Takes no memory any more. May be called more than once, from any thread. */
    void leave() {
        left = true;
        below.forEach(this::leaveNests);
        if (!entered.isEmpty() || kind == Kind.SOURCE) {
            Reserve.leave(this);
        }
        ReservePlace joint = above;
        if (joint != null && !joint.left) {
            joint.leave();
        }
    }

    private void leaveNests(ReservePlace from) {
        from.outside.remove(this);
        if (from.kind != Kind.INNER) {
            from.below.forEach(this::leaveNests);
        }
    }
}
