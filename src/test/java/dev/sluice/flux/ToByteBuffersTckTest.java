package dev.sluice.flux;

import java.nio.ByteBuffer;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on {@link BufferFlux#toByteBuffers}, with some held and some copied. */
public class ToByteBuffersTckTest extends FileTck<ByteBuffer> {

    @Override
    Publisher<ByteBuffer> over(BufferFlux chunks) {
        return chunks.toByteBuffers(Handover.untilEnd(1024));
    }
}
