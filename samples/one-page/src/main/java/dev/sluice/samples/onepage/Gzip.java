package dev.sluice.samples.onepage;

import dev.sluice.BufferPool;
import dev.sluice.flux.BufferFlux;
import java.nio.file.Path;

/** Compresses a file, or the other way round if its name ends in .gz. The result is there whole, or not at all. */
final class Gzip {

    private static final String SUFFIX = ".gz";

    private Gzip() {}

    public static void main(String[] arguments) {
        String name = arguments[0];
        try (BufferPool pool = BufferPool.builder().maxBytes(4 << 20).build()) {
            BufferFlux bytes = BufferFlux.read(Path.of(name), pool);
            Long written = name.endsWith(SUFFIX)
                    ? bytes.gunzip()
                            .writeTo(Path.of(name.substring(0, name.length() - SUFFIX.length())))
                            .block()
                    : bytes.gzip().writeTo(Path.of(name + SUFFIX)).block();
            System.out.println(written + " bytes");
        }
    }
}
