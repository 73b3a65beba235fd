package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * A {@link Mono} of one pooled buffer. Whoever gets the buffer releases it.
 *
 * <p>Immutable and thread-safe; every subscription starts anew.
 */
public abstract class BufferMono extends Mono<PooledBuffer> {

    /** Closed, like {@link BufferFlux}. */
    BufferMono() {}

    /**
     * Leases a buffer when it is requested, as soon as it is this subscription's turn: first come, first served.
     *
     * <p>No thread waits. Cancelling gives the turn up; a buffer that was granted at that very moment goes back to the
     * pool. A subscriber that has the buffer when it cancels keeps it, and releases it.
     *
     * <p>The buffer is emitted on the thread that requested it, if one is free, or else on the thread whose release
     * made it free. What follows should be short and must not block; hand long work to another thread.
     *
     * @param pool where the buffer comes from
     * @param size how many bytes, at least 1
     * @return the lease, or an error: {@link dev.sluice.InvalidSizeException} for a size that can never be granted,
     * {@link
     *     dev.sluice.PoolExhaustedException} if too many wait, {@link dev.sluice.PoolClosedException}
     */
    public static BufferMono acquire(BufferPool pool, int size) {
        return assembled(new MonoAcquire(pool, size, null));
    }

    /**
     * The same, but waits only so long. Unlike {@link Mono#timeout(Duration)}, this loses no buffer that comes at the
     * last moment.
     *
     * @param pool where the buffer comes from
     * @param size how many bytes, at least 1
     * @param timeout how long to wait, by the pool's clock
     * @return the lease, or an error as above, or {@link dev.sluice.PoolExhaustedException} when the time is over
     */
    public static BufferMono acquire(BufferPool pool, int size, Duration timeout) {
        return assembled(new MonoAcquire(pool, size, Objects.requireNonNull(timeout, "timeout")));
    }

    /** Lets Reactor's assembly hooks see an operator; what they put around it becomes a {@code BufferMono} again. */
    static BufferMono assembled(BufferMono mono) {
        Mono<PooledBuffer> hooked = onAssembly(mono);
        return hooked instanceof BufferMono own ? own : new MonoWrap(hooked);
    }
}
