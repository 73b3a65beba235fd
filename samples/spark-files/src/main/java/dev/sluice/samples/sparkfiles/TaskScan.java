package dev.sluice.samples.sparkfiles;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import dev.sluice.flux.ByteSources;
import dev.sluice.samples.filestats.Failure;
import dev.sluice.samples.filestats.FileStats;
import dev.sluice.samples.filestats.Outcome;
import dev.sluice.samples.filestats.Progress;
import dev.sluice.samples.filestats.Room;
import dev.sluice.samples.filestats.Scan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What an executor does in one task: it runs each piece of work through {@link Scan}, the pipeline that file-stats runs
 * on one machine, in memory of the task's own pool.
 */
final class TaskScan {

    private static final int CHUNK_BYTES = 64 << 10;

    private final BufferPool pool;
    private final Scan scan;
    private final int chunkBytes;

    private TaskScan(BufferPool pool) {
        long limit = pool.budget().limit();
        this.pool = pool;
        this.chunkBytes = (int) Math.max(1, Math.min(CHUNK_BYTES, limit / 4));
        this.scan = new Scan(pool, Room.in(limit, chunkBytes, 1), Progress.hidden());
    }

    /** Does the work of one partition, on the calling thread's time and within the memory of its task. */
    static List<Part> run(Iterator<Plan.Batch> partition) {
        TaskScan task = new TaskScan(TaskMemory.current().pool());
        List<Part> parts = new ArrayList<>();
        while (partition.hasNext()) {
            parts.addAll(Flux.fromIterable(partition.next().work())
                    .concatMap(task::part, 1)
                    .collectList()
                    .block());
        }
        return parts;
    }

    private Mono<Part> part(Work work) {
        Path file = Path.of(work.path());
        return switch (work.kind()) {
            case WHOLE -> scan.of(file).map(outcome -> new Part(work, outcome, 0));
            case LINES -> lines(file, work).map(outcome -> new Part(work, outcome, 0));
            case DIGEST -> digest(file).map(outcome -> new Part(work, outcome, 0));
            case RECOMPRESS -> recompressed(file, work);
        };
    }

    /**
     * The lines that begin in a part: from the first of them to the first that begins behind it. So each line is in one
     * part, and where no line begins, within a very long one, there is nothing, and nothing behind the part is read.
     */
    private Mono<Outcome> lines(Path file, Work work) {
        return lineStart(file, work.offset(), work.end())
                .flatMap(start -> start == work.end()
                        ? Mono.just(nothing(file))
                        : size(file)
                                .flatMap(size -> lineStart(file, work.end(), size))
                                .flatMap(end -> scan.ofRange(file, start, end - start)))
                .onErrorResume(IOException.class, e -> Mono.just(Failure.of(file, e)));
    }

    private static Mono<Long> size(Path file) {
        return Mono.fromCallable(() -> Files.size(file));
    }

    /** Where the first line begins at an offset or behind it, but before a limit; the limit if there is none. */
    private Mono<Long> lineStart(Path file, long offset, long limit) {
        if (offset == 0 || offset >= limit) {
            return Mono.just(Math.min(offset, limit));
        }
        long[] at = {offset - 1};
        return BufferFlux.read(
                        ByteSources.range(file, offset - 1, limit - offset).chunkSize(chunkBytes), pool)
                .consume(buffer -> {
                    int newline = indexOfNewline(buffer.byteBuffer());
                    at[0] += newline < 0 ? buffer.length() : newline + 1;
                    return newline >= 0;
                })
                .takeUntil(found -> found)
                .reduce(false, Boolean::logicalOr)
                .map(found -> found ? at[0] : limit);
    }

    private static Outcome nothing(Path file) {
        return new FileStats(file.toString(), 0, 0, 0, "00000000", "");
    }

    private static int indexOfNewline(ByteBuffer content) {
        for (int i = 0; i < content.limit(); i++) {
            if (content.get(i) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private Mono<Outcome> digest(Path file) {
        AtomicReference<String> sha256 = new AtomicReference<>("");
        return BufferFlux.read(file, pool, chunkBytes)
                .digest("SHA-256", digest -> sha256.set(HexFormat.of().formatHex(digest)))
                .consume(buffer -> (long) buffer.length())
                .reduce(0L, Long::sum)
                .<Outcome>map(bytes -> new FileStats(file.toString(), bytes, 0, 0, "", sha256.get()))
                .onErrorResume(IOException.class, e -> Mono.just(Failure.of(file, e)));
    }

    /** The file is in place when it is complete; a task that is run again replaces it. */
    private Mono<Part> recompressed(Path file, Work work) {
        Path target = Path.of(work.target());
        return Mono.fromCallable(() -> Files.createDirectories(target.getParent()))
                .flatMap(folder -> {
                    long[] read = {0};
                    BufferFlux source = BufferFlux.read(file, pool, chunkBytes);
                    BufferFlux content = file.toString().endsWith(".gz") ? source.gunzip() : source;
                    return BufferFlux.from(content.doOnNext(buffer -> read[0] += buffer.length()))
                            .gzip(9)
                            .writeTo(target)
                            .map(written ->
                                    new Part(work, new FileStats(file.toString(), read[0], 0, 0, "", ""), written));
                })
                .onErrorResume(IOException.class, e -> Mono.just(new Part(work, Failure.of(file, e), 0)));
    }
}
