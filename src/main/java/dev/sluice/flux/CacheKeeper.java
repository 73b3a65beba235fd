package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** What a cache has: the content that it offers, and what its subscribers still read of former ones. */
final class CacheKeeper {

    /*
     * One lock, this, guards who holds what: which trunk is offered, the subscribers and the buffers of each. Nothing
     * is called under it that could call back: signals are sent, buffers released and sources cancelled after it.
     *
     * A trunk is dropped, which releases what it holds and cancels its source, by the thread that finds under the lock
     * that
     *
     *   its last subscriber has left, and it has not ended or is not offered any more;
     *   it is offered no more, and it has no subscriber;
     *   the cache is disposed of, or the limit is passed.
     *
     * What comes later finds it dropped: a buffer is released, a subscriber that reads on gets the error.
     */

    private static final long FOR_EVER = Long.MAX_VALUE;

    final BufferFlux source;
    private final long maxBytes;
    private final long timeToLiveNanos;
    private final Scheduler scheduler;

    private @Nullable CacheHub offered;
    private final List<CacheHub> held = new ArrayList<>();
    private boolean disposed;

    /**
     * Makes an empty cache.
     *
     * @param timeToLive how long the content is offered after the source has ended; null: for ever
     */
    CacheKeeper(BufferFlux source, long maxBytes, @Nullable Duration timeToLive, Scheduler scheduler) {
        this.source = source;
        this.maxBytes = maxBytes;
        this.timeToLiveNanos = timeToLive == null ? FOR_EVER : Arguments.nanos(timeToLive, "the time to live");
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        Arguments.atLeast(0, maxBytes, "the limit");
    }

    void enter(CacheInner branch) {
        CacheHub trunk;
        boolean fresh;
        synchronized (this) {
            if (branch.left) {
                return;
            }
            trunk = disposed ? null : offered;
            fresh = trunk == null && !disposed;
            if (fresh) {
                trunk = new CacheHub(this, branch.actual.currentContext());
                offered = trunk;
                held.add(trunk);
            }
            if (trunk != null) {
                trunk.branches.add(branch);
                branch.begin(trunk);
            }
        }
        if (trunk == null) {
            branch.fail(disposal());
            return;
        }
        if (fresh) {
            source.subscribe(trunk);
        } else {
            trunk.ask();
        }
        branch.drain();
    }

    void leave(CacheInner branch) {
        CacheHub trunk;
        List<PooledBuffer> dropped;
        synchronized (this) {
            trunk = branch.trunk();
            if (trunk == null || !trunk.branches.remove(branch) || !trunk.branches.isEmpty()) {
                return;
            }
            if (trunk.hasEnded() && trunk == offered) {
                return;
            }
            dropped = drop(trunk);
        }
        trunk.stop();
        release(dropped);
    }

    /** Takes a buffer in; the caller tells the subscribers. */
    void accept(CacheHub trunk, PooledBuffer buffer) {
        List<PooledBuffer> refused = List.of(buffer);
        ByteLimitException tooMuch = null;
        synchronized (this) {
            if (!trunk.hasEnded() && !trunk.isDropped()) {
                long pinned = trunk.pinnedWith(buffer);
                if (pinned <= maxBytes) {
                    trunk.append(buffer, pinned);
                    return;
                }
                tooMuch = tooMuch(pinned);
                refused = new ArrayList<>(refused);
                refused.addAll(trunk.takeAll());
            }
        }
        release(refused);
        if (tooMuch != null) {
            trunk.stop();
            end(trunk, tooMuch);
            failAll(trunk, tooMuch);
        }
    }

    private ByteLimitException tooMuch(long pinned) {
        return new ByteLimitException(
                Messages.message("the cached content, which pins %,d bytes,", pinned), maxBytes, 0);
    }

    /** The source has ended. What it gave is offered until it expires. */
    void end(CacheHub trunk, @Nullable Throwable error) {
        synchronized (this) {
            if (trunk.hasEnded() || trunk.isDropped()) {
                return;
            }
            trunk.end(error);
        }
        if (timeToLiveNanos < FOR_EVER) {
            Throwable refused = new Handoff(null, () -> expire(trunk)).after(scheduler, timeToLiveNanos);
            if (refused != null) {
                expire(trunk); // rather too early than never
            }
        }
    }

    /** No new subscriber gets this; those that have begun read on. */
    private void expire(CacheHub trunk) {
        List<PooledBuffer> dropped = List.of();
        synchronized (this) {
            if (offered == trunk) {
                offered = null;
                if (trunk.branches.isEmpty()) {
                    dropped = drop(trunk);
                }
            }
        }
        release(dropped);
    }

    /** Nobody can subscribe any more. */
    void abandon() {
        CacheHub last;
        synchronized (this) {
            last = offered;
        }
        if (last != null) {
            expire(last);
        }
    }

    void dispose() {
        List<PooledBuffer> dropped = new ArrayList<>();
        List<CacheHub> trunks;
        synchronized (this) {
            disposed = true;
            trunks = List.copyOf(held);
            trunks.forEach(trunk -> dropped.addAll(drop(trunk)));
        }
        release(dropped);
        for (CacheHub trunk : trunks) {
            trunk.stop();
            failAll(trunk, disposal());
        }
    }

    synchronized boolean isOffered(CacheHub trunk) {
        return offered == trunk;
    }

    synchronized boolean isDisposed() {
        return disposed;
    }

    private List<PooledBuffer> drop(CacheHub trunk) {
        if (offered == trunk) {
            offered = null;
        }
        held.remove(trunk);
        trunk.drop();
        return trunk.takeAll();
    }

    private void failAll(CacheHub trunk, Throwable error) {
        subscribersOf(trunk).forEach(branch -> branch.fail(error));
    }

    synchronized long wantedOf(CacheHub trunk) {
        long wanted = 0;
        for (CacheInner branch : trunk.branches) {
            wanted = Math.max(wanted, branch.wanted());
        }
        return wanted;
    }

    synchronized List<CacheInner> subscribersOf(CacheHub trunk) {
        return List.copyOf(trunk.branches);
    }

    private static CancellationException disposal() {
        return new CancellationException("the cache was disposed of");
    }

    private static void release(List<PooledBuffer> buffers) {
        buffers.forEach(PooledBuffer::release);
    }
}
