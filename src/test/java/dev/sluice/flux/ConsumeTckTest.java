package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on {@link BufferFlux#consume}. */
public class ConsumeTckTest extends FileTck<Integer> {

    @Override
    Publisher<Integer> over(BufferFlux chunks) {
        return chunks.consume(PooledBuffer::length);
    }
}
