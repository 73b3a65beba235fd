package dev.sluice.samples.filestats;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteLimitException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Streams files through one pool, several at a time.
 *
 * @param pool where every buffer comes from
 * @param room how much of it each file may use
 * @param progress is told of every buffer
 */
record Scan(BufferPool pool, Room room, Progress progress) {

    private static final byte[] NEWLINE = {'\n'};

    /** The outcomes come in the order in which the files are finished. */
    Flux<Outcome> of(List<Path> files) {
        return Flux.fromIterable(files).flatMap(this::of, room.concurrency());
    }

    private Mono<Outcome> of(Path file) {
        return Mono.defer(
                        () -> room.holdsLines() && Files.isRegularFile(file) ? byLine(file) : byBuffer(file, progress))
                .onErrorResume(IOException.class, e -> Mono.just(Failure.of(file, e)))
                .onErrorResume(BufferPoolException.class, e -> Mono.just(Failure.of(file, e)));
    }

    /** Begins anew by the other way if there is a line that memory is too short for. */
    private Mono<Outcome> byLine(Path file) {
        Tally tally = new Tally();
        return content(file, tally, progress)
                .split(NEWLINE, room.longestLine())
                .consume(tally::addLine)
                .then(Mono.<Outcome>fromSupplier(() -> tally.stats(file)))
                .onErrorResume(ByteLimitException.class, e -> byBuffer(file, Progress.hidden()));
    }

    private Mono<Outcome> byBuffer(Path file, Progress seen) {
        Tally tally = new Tally();
        return content(file, tally, seen)
                .consume(tally::addBuffer) // and the buffer is back in the pool
                .then(Mono.<Outcome>fromSupplier(() -> tally.stats(file)));
    }

    /** What is in a file, uncompressed; summed up in passing. */
    private BufferFlux content(Path file, Tally tally, Progress seen) {
        BufferFlux content = isCompressed(file)
                ? read(file, room.compressedChunkBytes(), seen).gunzip()
                : read(file, room.chunkBytes(), seen);
        return BufferFlux.from(content.checksum(CRC32C::new, tally::crc32c)
                .digest("SHA-256", tally::sha256)
                .doOnNext(buffer -> tally.count(buffer.length())));
    }

    private BufferFlux read(Path file, int chunkBytes, Progress seen) {
        return BufferFlux.from(
                BufferFlux.read(file, pool, chunkBytes).doOnNext(buffer -> seen.advance(buffer.length())));
    }

    private static boolean isCompressed(Path file) {
        return file.toString().endsWith(".gz");
    }
}
