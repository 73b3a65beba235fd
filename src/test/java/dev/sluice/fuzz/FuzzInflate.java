package dev.sluice.fuzz;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.List;
import org.reactivestreams.Publisher;

/** A zlib stream, its dictionary flag, its checksum and what stands behind it. */
public final class FuzzInflate extends FuzzStream {

    @Override
    Publisher<?> read(BufferFlux bytes, Settings settings) {
        return bytes.inflate(settings.limit(), 1 + settings.choice()).consume(PooledBuffer::length);
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(100, FuzzSeeds.zlib(FuzzSeeds.ascii("hello\n"))),
                seed(100, FuzzSeeds.zlib(FuzzSeeds.random(2_000)), FuzzSeeds.ascii("x")),
                seed(100, FuzzSeeds.zlib(new byte[3_000])),
                seed(100, FuzzSeeds.ascii("\u0078\u00bb\1\2\3\4")));
    }

    @Override
    public List<byte[]> words() {
        return ascii("\u0078\u009c", "\0\0\u00ff\u00ff");
    }
}
