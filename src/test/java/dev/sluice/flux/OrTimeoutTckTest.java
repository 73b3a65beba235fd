package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import java.time.Duration;
import org.reactivestreams.Publisher;

/** The Reactive Streams TCK on {@link BufferFlux#orTimeout}. */
public class OrTimeoutTckTest extends FileTck<PooledBuffer> {

    @Override
    Publisher<PooledBuffer> over(BufferFlux chunks) {
        return ReadTckTest.releasing(chunks.orTimeout(Duration.ofMinutes(1)));
    }
}
