package dev.sluice.flux;

import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * {@link BufferFlux#writeTo}: a bounded queue, drained on a scheduler whose threads may block.
 *
 * <p>Buffers always change threads here, even if they come from a thread that may block. Measured with {@link
 * BufferFlux#read} as the source, on two cores: while one thread reads the other writes, and takes what has gathered in
 * the queue with one call, which is faster at any chunk size, and twice as fast at 4 KiB.
 */
final class MonoWriteTo extends Mono<Long> implements Scannable {

    private final BufferFlux source;
    final Path path;
    final Scheduler scheduler;

    private MonoWriteTo(BufferFlux source, Path path, Scheduler scheduler) {
        this.source = source;
        this.path = Objects.requireNonNull(path, "path");
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
    }

    static Mono<Long> of(BufferFlux source, Path path, Scheduler scheduler) {
        return onAssembly(new MonoWriteTo(source, path, scheduler));
    }

    @Override
    public void subscribe(CoreSubscriber<? super Long> actual) {
        source.subscribe(new WriteSubscriber(this, actual));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        } else if (key == Attr.RUN_ON) {
            return scheduler;
        } else if (key == Attr.PREFETCH) {
            return WriteSubscriber.WINDOW;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
