package dev.sluice.samples.onepage;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import java.nio.file.Path;
import java.util.HexFormat;
import reactor.core.publisher.Flux;

/** Prints the SHA-256 of each file. However many and large they are, the memory stays within 8 MiB. */
final class Sha256 {

    private static final int AT_A_TIME = 16;

    private Sha256() {}

    public static void main(String[] files) {
        try (BufferPool pool = BufferPool.builder().maxBytes(8 << 20).build()) {
            Flux.fromArray(files)
                    .flatMapSequential(
                            file -> BufferFlux.read(Path.of(file), pool)
                                    .digest("SHA-256")
                                    .map(digest -> HexFormat.of().formatHex(digest) + "  " + file),
                            AT_A_TIME)
                    .doOnNext(System.out::println)
                    .blockLast();
        }
    }
}
