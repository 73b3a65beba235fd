package dev.sluice.samples.filestats;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.flux.BufferFlux;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Streams files through one pool, several at a time.
 *
 * @param pool where every buffer comes from
 * @param chunkBytes how much of a file a buffer holds
 * @param concurrency how many files are read at a time
 * @param progress is told of every buffer
 */
record Scan(BufferPool pool, int chunkBytes, int concurrency, Progress progress) {

    /** The outcomes come in the order in which the files are finished. */
    Flux<Outcome> of(List<Path> files) {
        return Flux.fromIterable(files).flatMap(this::of, concurrency);
    }

    private Mono<Outcome> of(Path file) {
        Tally tally = new Tally();
        return BufferFlux.read(file, pool, chunkBytes)
                .consume(tally::add) // and the buffer is back in the pool
                .doOnNext(progress::advance)
                .then(Mono.<Outcome>fromSupplier(() -> tally.stats(file)))
                .onErrorResume(IOException.class, e -> Mono.just(Failure.of(file, e)))
                .onErrorResume(BufferPoolException.class, e -> Mono.just(Failure.of(file, e)));
    }
}
