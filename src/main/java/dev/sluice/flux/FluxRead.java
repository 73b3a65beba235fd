package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.scheduler.Scheduler;

/** {@link BufferFlux#read(Path, BufferPool, int, Scheduler)} and its kin: what to read and how. */
final class FluxRead extends BufferFlux implements Scannable {

    private final String name;
    final ByteSource.Opener opener;
    final BufferPool pool;
    final int chunkSize;
    final Scheduler scheduler;

    /**
     * Makes a source.
     *
     * @param name how it was made, for reports of lost leases
     * @param opener makes the source of each subscription
     */
    FluxRead(String name, ByteSource.Opener opener, BufferPool pool, int chunkSize, Scheduler scheduler) {
        this.name = name;
        this.opener = opener;
        this.pool = Objects.requireNonNull(pool, "pool");
        this.chunkSize = chunkSize;
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        if (chunkSize < 1) {
            throw new IllegalArgumentException("chunkSize must be at least 1, not %,d".formatted(chunkSize));
        }
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> actual) {
        ReadSubscription subscription = new ReadSubscription(this, actual);
        actual.onSubscribe(subscription);
        subscription.start();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.RUN_ON) {
            return scheduler;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }

    /** Names the source in reports of lost leases. */
    @Override
    public String toString() {
        return "BufferFlux." + name;
    }
}
