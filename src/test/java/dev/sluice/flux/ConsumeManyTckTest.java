package dev.sluice.flux;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK on {@link BufferFlux#consumeMany}. */
public class ConsumeManyTckTest extends FileTck<Integer> {

    @Override
    Publisher<Integer> over(BufferFlux chunks) {
        return chunks.consumeMany(buffer -> Flux.just(buffer.length()).hide(), 3);
    }
}
