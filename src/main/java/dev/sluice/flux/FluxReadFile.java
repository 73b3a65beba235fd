package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.nio.file.Path;
import reactor.core.publisher.Mono;

/** A whole file, which can also be read in part. */
final class FluxReadFile extends FluxRead implements ByteRanges {

    private final Path path;
    private final SourceSettings settings;

    FluxReadFile(Path path, SourceSettings settings, BufferPool pool) {
        super(settings, pool);
        this.path = path;
        this.settings = settings;
    }

    @Override
    public Mono<Long> lengthBytes() {
        return Mono.fromCallable(() -> SourceFile.lengthOf(path))
                .filter(length -> length != ByteSource.UNKNOWN)
                .subscribeOn(scheduler);
    }

    @Override
    public BufferFlux range(long offset, long length) {
        return read(settings.withOpener(ByteSources.range(path, offset, length)), pool);
    }
}
