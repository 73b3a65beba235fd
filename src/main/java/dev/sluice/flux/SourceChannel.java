package dev.sluice.flux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.InterruptibleChannel;
import java.nio.channels.ReadableByteChannel;

/** {@link ByteSources#channel}: emits what one read brings. */
final class SourceChannel extends SourceOfReads {

    private final ReadableByteChannel channel;

    SourceChannel(ReadableByteChannel channel) {
        super(channel);
        this.channel = channel;
    }

    @Override
    public Read read(ByteBuffer target) throws IOException {
        return brought(channel.read(target));
    }

    /** Such a channel may be closed while it is read; others would have to be waited for. */
    @Override
    public void interrupt() {
        if (channel instanceof InterruptibleChannel) {
            interruptByClosing();
        }
    }
}
