package dev.sluice.fuzz;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.List;
import java.util.stream.IntStream;
import org.reactivestreams.Publisher;

/** The header of a gzip member: flags, extra field, name, comment, checksum. Each seed has other flags. */
public final class FuzzHeader extends FuzzStream {

    private static final int FLAGS = 32;

    @Override
    Publisher<?> read(BufferFlux bytes, Settings settings) {
        return bytes.gunzip(settings.limit(), 1_000).consume(PooledBuffer::length);
    }

    @Override
    public List<byte[]> seeds() {
        return IntStream.range(0, FLAGS)
                .mapToObj(flags -> seed(
                        FuzzSeeds.ascii("\u001f\u008b\u0008" + (char) flags + "\0\0\0\0\0\u00ff"),
                        FuzzSeeds.ascii((flags & 4) == 0 ? "" : "\3\0xyz"),
                        FuzzSeeds.ascii((flags & 8) == 0 ? "" : "name\0"),
                        FuzzSeeds.ascii((flags & 16) == 0 ? "" : "comment\0"),
                        FuzzSeeds.ascii((flags & 2) == 0 ? "" : "\0\0"),
                        FuzzSeeds.deflated(FuzzSeeds.ascii("hello"))))
                .toList();
    }

    @Override
    public List<byte[]> words() {
        return ascii("\u001f\u008b\u0008", "\u00ff\u00ff", "\0");
    }
}
