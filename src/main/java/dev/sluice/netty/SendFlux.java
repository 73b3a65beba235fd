package dev.sluice.netty;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;

/**
 * {@link NettyBuffers#send}: buffers as what Netty writes, of which few are on their way at a time.
 *
 * @param <T> what Netty is given for each buffer
 */
final class SendFlux<T> extends FluxOperator<PooledBuffer, T> {

    final Channel channel;
    final BiFunction<? super PooledBuffer, ? super ByteBuf, ? extends T> form;
    final boolean keepsEmpty;

    /**
     * Makes an operator.
     *
     * @param channel where they are written
     * @param form makes of a buffer, and of the {@code ByteBuf} that owns it, what Netty is given
     * @param keepsEmpty whether an empty buffer means something; if not, it is dropped
     */
    SendFlux(
            Publisher<? extends PooledBuffer> buffers,
            Channel channel,
            BiFunction<? super PooledBuffer, ? super ByteBuf, ? extends T> form,
            boolean keepsEmpty) {
        super(BufferFlux.from(Flux.from(buffers)));
        this.channel = channel;
        this.form = form;
        this.keepsEmpty = keepsEmpty;
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        source.subscribe(new SendSubscriber<T>(this, actual));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : super.scanUnsafe(key);
    }
}
