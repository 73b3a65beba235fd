package dev.sluice.netty;

import dev.sluice.BufferPool;
import dev.sluice.MemoryBudget;
import dev.sluice.PoolExhaustedException;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.client.HttpClientRequest;

/**
 * The account of one body that reactor-netty collects before it sends it. Such a body holds all that it was given, and
 * waits for the rest in the line of its pool: if the rest does not fit beside what it holds, only the body itself could
 * end the wait. So it is looked at now and then, and ends with an error in that case.
 *
 * <p>Several bodies can wait for one another in the same way. So what all of them hold of one budget counts.
 */
final class SendCollected {

    /** How often a body is looked at, in milliseconds. */
    static final long LOOK_MILLIS = 100;

    /** How many looks in vain end a body that holds most of what is in use, whatever else there is. */
    private static final int PATIENCE_LOOKS = 20;

    /** All that are being collected. What stands here must not reach a lease, or a lost one would never be found. */
    private static final Set<Share> SHARES = ConcurrentHashMap.newKeySet();

    /** What one body holds of one budget; counts for the parents of the budget as well. */
    private static final class Share {

        final MemoryBudget budget;
        volatile long bytes;

        Share(MemoryBudget budget) {
            this.budget = budget;
        }

        boolean isOf(MemoryBudget wanted) {
            for (MemoryBudget next = budget; next != null; next = next.parent()) {
                if (next == wanted) {
                    return true;
                }
            }
            return false;
        }
    }

    private static final Set<HttpMethod> COLLECTING = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.DELETE);

    private @Nullable BufferPool pool;
    private @Nullable Share share;
    private long bytes;
    private int wanted;
    private boolean hasCome;
    private int looksInVain;

    /** Whether a channel sends a request whose body reactor-netty collects. */
    static boolean isWhole(Channel channel) {
        return ChannelOperations.get(channel) instanceof HttpClientRequest request
                && COLLECTING.contains(request.method());
    }

    /** A buffer was handed to the collector, which now holds so many bytes. */
    void add(PooledBuffer buffer, long held) {
        pool = buffer.pool();
        wanted = buffer.pinnedBytes();
        bytes = held;
        hasCome = true;
        MemoryBudget budget = buffer.pool().budget();
        Share mine = share;
        if (mine == null || mine.budget != budget) {
            end();
            mine = new Share(budget);
            share = mine;
            SHARES.add(mine);
        }
        mine.bytes = bytes;
    }

    /** Nothing more is collected. */
    void end() {
        Share mine = share;
        if (mine != null) {
            SHARES.remove(mine);
            share = null;
        }
    }

    /** Why this can never be completed; null if it may be. */
    @Nullable Throwable look() {
        BufferPool from = pool;
        if (hasCome || from == null) {
            hasCome = false;
            looksInVain = 0;
            return null;
        }
        PoolStats stats = from.stats();
        if (stats.pending() == 0) {
            looksInVain = 0; // the source is slow, not the pool
            return null;
        }
        looksInVain++;
        boolean endless = looksInVain >= PATIENCE_LOOKS && bytes >= stats.bytesInUse() / 2;
        return endless || !fits(from.budget()) ? exhausted(from) : null;
    }

    private boolean fits(MemoryBudget own) {
        for (MemoryBudget budget = own; budget != null; budget = budget.parent()) {
            long collected = 0;
            for (Share other : SHARES) {
                collected += other.isOf(budget) ? other.bytes : 0;
            }
            if (collected > budget.limit() - wanted) {
                return false;
            }
        }
        return true;
    }

    private Throwable exhausted(BufferPool from) {
        return PoolExhaustedException.of(
                from,
                wanted,
                NettyBuffers.message(
                        "the HTTP client collects the body of a GET, HEAD or DELETE before it sends it, and this one"
                                + " holds %,d bytes while it waits for more; send it by POST, PUT or PATCH, which"
                                + " stream it, or from a pool that is larger than the body",
                        bytes));
    }
}
