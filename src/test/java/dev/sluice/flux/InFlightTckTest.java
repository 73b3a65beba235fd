package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on {@link BufferFlux#inFlight}. */
public class InFlightTckTest extends FileTck<PooledBuffer> {

    @Override
    Publisher<PooledBuffer> over(BufferFlux chunks) {
        return ReadTckTest.releasing(chunks.inFlight(1_000_000));
    }
}
