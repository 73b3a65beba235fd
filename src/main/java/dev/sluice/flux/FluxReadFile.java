package dev.sluice.flux;

import dev.sluice.BufferPool;
import java.io.IOException;
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
        return Mono.fromCallable(this::length)
                .filter(length -> length != ByteSource.UNKNOWN)
                .subscribeOn(scheduler);
    }

    /** Opens the file to ask: what cannot be read has no length either. */
    private long length() throws IOException {
        ByteSource file = SourceFile.open(path, 0, ByteSource.UNKNOWN);
        try {
            return file.remainingBytes();
        } finally {
            file.close();
        }
    }

    @Override
    public BufferFlux range(long offset, long length) {
        return read(settings.withOpener(ByteSources.range(path, offset, length)), pool);
    }
}
