package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/** One of several subscribers of one {@link Hub}: it has its own demand, and drains what is there for it. */
abstract class HubInner extends DrainSubscription<PooledBuffer> {

    /*
     * Cancel against a buffer that arrives: the thread that puts a buffer in drains afterwards, and after the end what
     * is there is given back.
     *
     * A subscriber that throws has left: the others must not pay for it, so the throwable goes to the hook of dropped
     * errors and not to the thread that serves them all.
     */

    private static final AtomicLongFieldUpdater<HubInner> WANTED =
            AtomicLongFieldUpdater.newUpdater(HubInner.class, "wanted");

    /** How many buffers were requested, ever. */
    private volatile long wanted;

    HubInner(CoreSubscriber<? super PooledBuffer> actual) {
        super(actual);
    }

    /** Takes the next buffer, as a lease of its own; null if there is none now. */
    abstract @Nullable PooledBuffer poll();

    abstract boolean isEmpty();

    /** Whether the trunk has ended; what came before that is then there to be polled. */
    abstract boolean isLast();

    /** How the trunk ended; null: well. */
    abstract @Nullable Throwable lastError();

    /** Gives back what is there. Called by the thread that has the floor, and more than once. */
    abstract void clear();

    /** Tells the trunk that more is wanted. */
    abstract void wantsMore();

    /** Tells the trunk that nothing is wanted any more. Called more than once. */
    abstract void leave();

    final long wanted() {
        return wanted;
    }

    @Override
    public final void request(long n) {
        if (n > 0) {
            Operators.addCap(WANTED, this, n);
        }
        super.request(n);
        if (n > 0) {
            wantsMore();
        }
    }

    @Override
    final boolean step() {
        // Read before the buffers are: what came before the end is then found there.
        boolean last = isLast();
        PooledBuffer next = requested() > 0 ? poll() : null;
        if (next != null) {
            emit(next);
            return true;
        } else if (last && isEmpty()) {
            end(lastError());
        }
        return false;
    }

    @Override
    final void interrupt() {
        leave();
    }

    @Override
    final void releaseAll() {
        leave();
        clear();
    }

    @Override
    final boolean isShared() {
        return true;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(key);
    }
}
