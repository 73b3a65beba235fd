package dev.sluice.flux;

import reactor.core.Disposable;

/**
 * A {@link BufferFlux} that holds what its source emitted and gives it to every subscriber; made by {@link
 * BufferFlux#cacheBytes(long)}. What it holds goes back to the pool when it is disposed of, expires or becomes garbage.
 *
 * <p>Thread-safe; unlike other sequences it has a state that its subscribers share.
 */
public abstract class BufferCache extends BufferFlux implements Disposable {

    /** Closed, like {@link BufferFlux}. */
    BufferCache() {}

    /**
     * Gives back everything that is held, at once, and cancels the source if it has not ended. Subscribers that have
     * not had everything, and those that come later, get a {@link java.util.concurrent.CancellationException}; the
     * buffers that were emitted stay theirs.
     */
    @Override
    public abstract void dispose();
}
