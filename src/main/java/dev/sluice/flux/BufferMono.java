package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * A {@link Mono} of one pooled buffer. The receiver of the buffer releases it.
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
     *     {@link dev.sluice.PoolExhaustedException} if too many wait, {@link dev.sluice.PoolClosedException}
     */
    public static BufferMono acquire(BufferPool pool, int size) {
        return assembled(new MonoAcquire(pool, size, null, null));
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
        return assembled(new MonoAcquire(pool, size, Objects.requireNonNull(timeout, "timeout"), null));
    }

    /**
     * The same, with a name for the lease in leak reports and in {@link BufferPool#dump()}, where it stands for who
     * waits as well.
     *
     * @param pool where the buffer comes from
     * @param size how many bytes, at least 1
     * @param timeout how long to wait, by the pool's clock; null for as long as it takes
     * @param holder who takes the lease, as its text will say; must not refer to the lease
     * @return the lease, or an error as above
     */
    public static BufferMono acquire(BufferPool pool, int size, @Nullable Duration timeout, Object holder) {
        return assembled(new MonoAcquire(pool, size, timeout, Objects.requireNonNull(holder, "holder")));
    }

    /**
     * Makes a {@code BufferMono} of a sequence of at most one buffer, and releases what Reactor's operators above
     * discard.
     *
     * @param <P> a sequence of buffers. The bound {@code Object} keeps this method apart from {@link Mono#from}, which
     *     takes any publisher
     * @param source the buffer; passed on as it is. Where there are several, the first is, and the source is cancelled
     * @return the same buffer; {@code source} itself if it is a {@code BufferMono}
     */
    public static <P extends Object & Publisher<? extends PooledBuffer>> BufferMono from(P source) {
        Objects.requireNonNull(source, "source");
        if (source instanceof BufferMono own) {
            return own;
        }
        return wrapped(Mono.<PooledBuffer>from(source).doOnDiscard(PooledBuffer.class, PooledBuffer::release));
    }

    /**
     * Applies a function to the buffer, and releases the buffer when the function returns, even by throwing.
     *
     * <p>The function must not let the buffer escape, nor a view of it; what is to live longer is copied or
     * {@linkplain PooledBuffer#retain() retained}.
     *
     * @param <T> what the function makes of the buffer
     * @param fn sees the buffer on the thread that emits it; if it throws, the error is passed on
     * @return the result; empty if there is no buffer, or the result is null
     */
    public final <T> Mono<T> consume(Function<? super PooledBuffer, ? extends @Nullable T> fn) {
        return BufferFlux.from(this).<T>consume(fn).singleOrEmpty();
    }

    /** Lets Reactor's assembly hooks see an operator; what they put around it becomes a {@code BufferMono} again. */
    static BufferMono assembled(BufferMono mono) {
        return wrapped(onAssembly(mono));
    }

    static BufferMono wrapped(Mono<PooledBuffer> mono) {
        return mono instanceof BufferMono own ? own : new MonoWrap(mono);
    }
}
