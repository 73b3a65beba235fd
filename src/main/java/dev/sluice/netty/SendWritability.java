package dev.sluice.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/** Says when a channel has become writable again, or no longer is. Used on the event loop. */
final class SendWritability extends ChannelInboundHandlerAdapter {

    private final Runnable whenChanged;
    private @Nullable ChannelHandlerContext context;

    SendWritability(Runnable whenChanged) {
        this.whenChanged = whenChanged;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        whenChanged.run();
        changed.fireChannelWritabilityChanged();
    }

    /** Leaves the pipeline, unless that was taken apart already. */
    void leave() {
        ChannelHandlerContext mine = context;
        if (mine != null && !mine.isRemoved()) {
            mine.pipeline().remove(this);
        }
    }
}
