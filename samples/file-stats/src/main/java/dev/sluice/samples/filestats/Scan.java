package dev.sluice.samples.filestats;

import dev.sluice.BufferPool;
import dev.sluice.BufferPoolException;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteLimitException;
import dev.sluice.flux.ByteSources;
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
public record Scan(BufferPool pool, Room room, Progress progress) {

    private static final byte[] NEWLINE = {'\n'};

    /** Opens what is to be summed up, as often as it is asked. */
    private interface Content {

        BufferFlux open(Tally tally, Progress seen);
    }

    /** The outcomes come in the order in which the files are finished. */
    public Flux<Outcome> of(List<Path> files) {
        return Flux.fromIterable(files).flatMap(this::of, room.concurrency());
    }

    /** All of one file; of its content, if it is compressed. */
    public Mono<Outcome> of(Path file) {
        return outcome(
                file,
                (tally, seen) -> (isCompressed(file)
                                ? read(file, room.compressedChunkBytes(), seen).gunzip()
                                : read(file, room.chunkBytes(), seen))
                        .digest("SHA-256", tally::sha256));
    }

    /** A part of a file as it lies there. There is no digest, because digests of parts do not make that of the whole. */
    public Mono<Outcome> ofRange(Path file, long offset, long length) {
        return outcome(
                file,
                (tally, seen) -> watched(
                        BufferFlux.read(ByteSources.range(file, offset, length).chunkSize(room.chunkBytes()), pool),
                        seen));
    }

    private Mono<Outcome> outcome(Path file, Content content) {
        return Mono.defer(() -> room.holdsLines() && Files.isRegularFile(file)
                        ? byLine(file, content)
                        : byBuffer(file, content, progress))
                .onErrorResume(IOException.class, e -> Mono.just(Failure.of(file, e)))
                .onErrorResume(BufferPoolException.class, e -> Mono.just(Failure.of(file, e)));
    }

    /** Begins anew by the other way if there is a line that memory is too short for. */
    private Mono<Outcome> byLine(Path file, Content content) {
        Tally tally = new Tally();
        return summed(content, tally, progress)
                .split(NEWLINE, room.longestLine())
                .consume(tally::addLine)
                .then(Mono.<Outcome>fromSupplier(() -> tally.stats(file)))
                .onErrorResume(ByteLimitException.class, e -> byBuffer(file, content, Progress.hidden()));
    }

    private Mono<Outcome> byBuffer(Path file, Content content, Progress seen) {
        Tally tally = new Tally();
        return summed(content, tally, seen)
                .consume(tally::addBuffer) // and the buffer is back in the pool
                .then(Mono.<Outcome>fromSupplier(() -> tally.stats(file)));
    }

    /** The content, summed up in passing. */
    private static BufferFlux summed(Content content, Tally tally, Progress seen) {
        return BufferFlux.from(content.open(tally, seen)
                .checksum(CRC32C::new, tally::crc32c)
                .doOnNext(buffer -> tally.count(buffer.length())));
    }

    private BufferFlux read(Path file, int chunkBytes, Progress seen) {
        return watched(BufferFlux.read(file, pool, chunkBytes), seen);
    }

    private static BufferFlux watched(BufferFlux content, Progress seen) {
        return BufferFlux.from(content.doOnNext(buffer -> seen.advance(buffer.length())));
    }

    private static boolean isCompressed(Path file) {
        return file.toString().endsWith(".gz");
    }
}
