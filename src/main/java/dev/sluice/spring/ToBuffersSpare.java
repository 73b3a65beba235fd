package dev.sluice.spring;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One buffer of a pool that is kept for its conversions while any runs, and that one of them at a time may use.
 *
 * <p>A server reads ahead: frames lie in the queues of its connections, and some of them are leases of the pool. Where
 * each queue begins with a frame that has to be copied, all wait for memory that lies behind them. With the spare, one
 * of them goes on, and what it reaches and passes on comes back to the pool in time; so do the others, in turn.
 */
final class ToBuffersSpare {

    /** What one copy takes at most. A frame that was read while memory was short is smaller. */
    private static final int BYTES = 4 << 10;

    private static final int BUDGET_SHARE = 8;

    /** Those in use; guarded by itself. */
    private static final Map<BufferPool, ToBuffersSpare> SPARES = new HashMap<>();

    private final BufferPool pool;
    private final Set<ToBuffersTurn> waiting = new LinkedHashSet<>();

    /** Guarded by {@link #SPARES}. */
    private int users;

    /*
     * Guarded by this. No lease and asking: a request for it stands in line. A lease, not out: who wants it gets it. A
     * lease, out: who wants it waits. Closed: the last user has left; what comes, or comes back, after that is
     * released.
     */
    private @Nullable PooledBuffer lease;
    private @Nullable CompletableFuture<PooledBuffer> request;
    private boolean asking;
    private boolean out;
    private boolean closed;

    private ToBuffersSpare(BufferPool pool) {
        this.pool = pool;
    }

    /** Joins those who share the spare of a pool; each leaves once. */
    static ToBuffersSpare enter(BufferPool pool) {
        ToBuffersSpare spare;
        synchronized (SPARES) {
            spare = SPARES.computeIfAbsent(pool, ToBuffersSpare::new);
            spare.users++;
        }
        spare.fill();
        return spare;
    }

    void leave() {
        synchronized (SPARES) {
            users--;
            if (users > 0) {
                return;
            }
            SPARES.remove(pool);
        }
        close();
    }

    private void close() {
        PooledBuffer home;
        CompletableFuture<PooledBuffer> asked;
        synchronized (this) {
            closed = true;
            home = out ? null : lease;
            asked = request;
        }
        if (home != null) {
            home.release();
        }
        if (asked != null) {
            asked.cancel(false);
        }
    }

    /** Stands in the pool's line for the buffer, unless it is there or someone does already. */
    private void fill() {
        synchronized (this) {
            if (lease != null || asking || closed) {
                return;
            }
            asking = true;
        }
        int size = (int) Math.max(1, Math.min(BYTES, pool.budget().limit() / BUDGET_SHARE));
        CompletableFuture<PooledBuffer> asked = pool.request(size, null, "the spare of " + pool.name());
        boolean late;
        synchronized (this) {
            request = asked;
            late = closed;
        }
        if (late) {
            asked.cancel(false);
        }
        var unused = asked.whenComplete(this::filled);
    }

    /** Without a buffer where the pool refuses; then who comes next asks again. */
    private void filled(@Nullable PooledBuffer granted, @Nullable Throwable error) {
        boolean kept;
        synchronized (this) {
            asking = false;
            kept = !closed && granted != null;
            if (kept) {
                lease = granted;
                out = true;
            }
        }
        if (kept) {
            back();
        } else if (granted != null) {
            granted.release();
        }
    }

    /** Gets the spare now or in turn, unless the turn is {@linkplain #forget forgotten} before. */
    void want(ToBuffersTurn turn) {
        PooledBuffer home;
        synchronized (this) {
            home = out || closed ? null : lease;
            if (home == null) {
                waiting.add(turn);
                return;
            }
            out = true;
        }
        turn.lent(home.lend(this::back));
    }

    void forget(ToBuffersTurn turn) {
        synchronized (this) {
            waiting.remove(turn);
        }
    }

    /** The spare is free of its holder: it belongs to the next one, or to nobody. */
    private void back() {
        PooledBuffer now;
        ToBuffersTurn next = null;
        boolean lost;
        boolean last = false;
        synchronized (this) {
            now = lease;
            lost = now == null || now.isReleased();
            if (lost) {
                lease = null;
                out = false;
            } else if (!closed && !waiting.isEmpty()) {
                next = waiting.iterator().next();
                waiting.remove(next);
            } else {
                out = false;
                last = closed;
            }
        }
        if (lost) {
            fill();
        } else if (now != null && next != null) {
            next.lent(now.lend(this::back));
        } else if (now != null && last) {
            now.release();
        }
    }
}
