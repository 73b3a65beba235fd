package dev.sluice.flux;

import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/**
 * {@link BufferFlux#writeTo}: a bounded queue, drained on a scheduler whose threads may block; if the sink is
 * asynchronous, on the thread that brings a buffer or ends a write.
 *
 * <p>To a file, a stream or a channel, buffers always change threads here, even if they come from a thread that may
 * block. Measured with {@link BufferFlux#read} as the source, on two cores: while one thread reads the other writes,
 * and takes what has gathered in the queue with one call, which is faster at any chunk size, and twice as fast at 4
 * KiB.
 */
final class MonoWriteTo extends Mono<Long> implements Scannable {

    private final BufferFlux source;
    final SinkSettings sink;

    private MonoWriteTo(BufferFlux source, SinkSettings sink) {
        this.source = source;
        this.sink = sink;
    }

    static Mono<Long> of(BufferFlux source, ByteSink.Opener sink) {
        return onAssembly(new MonoWriteTo(source, SinkSettings.of(sink)));
    }

    @Override
    public void subscribe(CoreSubscriber<? super Long> actual) {
        source.subscribe(new WriteToSubscriber(this, actual));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return source;
        } else if (key == Attr.RUN_ON) {
            return sink.scheduler();
        } else if (key == Attr.PREFETCH) {
            return WriteToSubscriber.WINDOW;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}
