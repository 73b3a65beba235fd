package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on {@link BufferFlux#tee(int, TeePolicy)}. */
public class TeeTckTest extends FileTck<PooledBuffer> {

    @Override
    Publisher<PooledBuffer> over(BufferFlux chunks) {
        return ReadTckTest.releasing(chunks.tee(1, TeePolicy.SLOWEST));
    }
}
