package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.util.List;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on {@link BufferFlux#mergeBuffers}. */
public class MergeBuffersTckTest extends FileTck<PooledBuffer> {

    @Override
    Publisher<PooledBuffer> over(BufferFlux chunks) {
        return ReadTckTest.releasing(BufferFlux.mergeBuffers(List.of(chunks), 2));
    }
}
