package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.ContextView;

/** {@link BufferFlux#read(ByteSource.Opener, BufferPool)}: what to read and how. */
class FluxRead extends BufferFlux implements Scannable {

    private final SourceSettings source;
    final BufferPool pool;
    final Scheduler scheduler;

    FluxRead(ByteSource.Opener source, BufferPool pool) {
        this.source = SourceSettings.of(source);
        this.pool = Objects.requireNonNull(pool, "pool");
        this.scheduler = this.source.scheduler();
    }

    ByteSource open(Runnable answered) throws Exception {
        return Objects.requireNonNull(source.open(answered), "the source is null");
    }

    /** The greatest length of a buffer, for a subscription that begins now. */
    int chunkSize() {
        return source.chunkSize() == 0 ? pool.chunkSize() : source.chunkSize();
    }

    /** The source's own way to wait, or else what was set below. */
    WaitPolicy policyIn(ContextView context) {
        WaitPolicy own = source.policy();
        return own == null ? WaitPolicy.in(context) : own;
    }

    /** Of a whole file, one that can be read in part. */
    static FluxRead of(ByteSource.Opener source, BufferPool pool) {
        SourceSettings settings = SourceSettings.of(source);
        return settings.opener() instanceof SourceFile.Opening file
                ? new FluxReadFile(file.path(), settings, pool)
                : new FluxRead(settings, pool);
    }

    @Override
    public void subscribe(CoreSubscriber<? super PooledBuffer> subscriber) {
        CoreSubscriber<? super PooledBuffer> actual = RelayReleasing.below(subscriber);
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
        return "BufferFlux.read(" + source.name() + ")";
    }
}
