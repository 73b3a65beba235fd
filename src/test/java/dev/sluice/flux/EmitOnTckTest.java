package dev.sluice.flux;

import dev.sluice.PooledBuffer;
import org.reactivestreams.Publisher;
import reactor.core.scheduler.Schedulers;

/** The Reactive Streams TCK on {@link BufferFlux#emitOn}. */
public class EmitOnTckTest extends FileTck<PooledBuffer> {

    @Override
    Publisher<PooledBuffer> over(BufferFlux chunks) {
        return ReadTckTest.releasing(chunks.emitOn(Schedulers.parallel(), 3));
    }
}
