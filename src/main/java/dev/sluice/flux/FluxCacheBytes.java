package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;

/**
 * {@link BufferFlux#cacheBytes(long)}: the handle on a {@link CacheKeeper}, which does not know it, so that the handle
 * becomes garbage when nobody can subscribe any more.
 */
final class FluxCacheBytes extends BufferCache implements Scannable {

    private static final Cleaner CLEANER = Cleaner.create();

    private final CacheKeeper keeper;

    FluxCacheBytes(CacheKeeper keeper) {
        this.keeper = keeper;
        CLEANER.register(this, keeper::abandon);
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
        try {
            CacheInner branch = new CacheInner(keeper, actual);
            actual.onSubscribe(branch);
            keeper.enter(branch);
        } finally {
            Reference.reachabilityFence(this); // what is abandoned after this has the subscriber
        }
    }

    @Override
    public void dispose() {
        keeper.dispose();
    }

    @Override
    public boolean isDisposed() {
        return keeper.isDisposed();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return keeper.source;
        } else if (key == Attr.CANCELLED) {
            return isDisposed();
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
}
