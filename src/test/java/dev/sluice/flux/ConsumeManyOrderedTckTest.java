package dev.sluice.flux;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK on {@link BufferFlux#consumeManyOrdered}. */
public class ConsumeManyOrderedTckTest extends FileTck<Integer> {

    @Override
    Publisher<Integer> over(BufferFlux chunks) {
        return chunks.consumeManyOrdered(buffer -> Flux.just(buffer.length()), 3);
    }
}
