package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** One subscription to a source that several {@link HubInner}es live on. It asks for what they want together. */
abstract class Hub implements CoreSubscriber<PooledBuffer>, Scannable {

    /*
     * The thread that raises `wip` from 0 asks upstream, and goes round again for those who found it above 0. So a
     * buffer that comes while upstream is being asked, and makes a branch want more, does not ask from within.
     *
     * Stop against onSubscribe: stop() writes `stopped`, then reads `upstream`; onSubscribe() writes `upstream`, then
     * reads `stopped`. So at least one of the two cancels.
     */

    private static final AtomicIntegerFieldUpdater<Hub> WIP = AtomicIntegerFieldUpdater.newUpdater(Hub.class, "wip");

    private final Context context;
    private volatile @Nullable Subscription upstream;
    private volatile int wip;
    private volatile boolean stopped;

    /** How many buffers were asked for, ever. Belongs to the thread that asks, but for {@link #isBeyondRequest}. */
    private volatile long asked;

    /**
     * Makes the subscription.
     *
     * @param context of the first subscriber: there can be only one
     */
    Hub(Context context) {
        this.context = context;
    }

    /** How many buffers are wanted, ever. */
    abstract long wanted();

    @Override
    public final void onSubscribe(Subscription subscription) {
        if (Operators.validate(upstream, subscription)) {
            upstream = subscription;
            if (stopped) {
                subscription.cancel();
            } else {
                ask();
            }
        }
    }

    final void ask() {
        if (WIP.getAndIncrement(this) != 0) {
            return;
        }
        int missed = 1;
        do {
            Subscription now = upstream;
            long before = asked;
            long wanted = wanted();
            if (now != null && wanted > before && !stopped) {
                asked = wanted;
                now.request(wanted == Long.MAX_VALUE ? Long.MAX_VALUE : wanted - before);
            }
            missed = WIP.addAndGet(this, -missed);
        } while (missed != 0);
    }

    /** Cancels the source, now or as soon as it is there. */
    final void stop() {
        stopped = true;
        Subscription now = upstream;
        if (now != null) {
            now.cancel();
        }
    }

    final boolean isStopped() {
        return stopped;
    }

    final boolean isBeyondRequest(long received) {
        return received > asked;
    }

    @Override
    public final Context currentContext() {
        return context;
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return upstream;
        } else if (key == Attr.CANCELLED) {
            return stopped;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
