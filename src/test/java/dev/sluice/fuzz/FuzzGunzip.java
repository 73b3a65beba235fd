package dev.sluice.fuzz;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.List;
import org.reactivestreams.Publisher;

/** Members, trailers and what stands between and behind them. */
public final class FuzzGunzip extends FuzzStream {

    @Override
    Publisher<?> read(BufferFlux bytes, Settings settings) {
        return bytes.gunzip(settings.limit(), 1 + settings.choice()).consume(PooledBuffer::length);
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(100, FuzzSeeds.gzip(FuzzSeeds.ascii("a")), new byte[512], FuzzSeeds.gzip(FuzzSeeds.ascii("b"))),
                seed(100, FuzzSeeds.gzip(FuzzSeeds.ascii("abc")), FuzzSeeds.ascii("\n")),
                seed(100, FuzzSeeds.gzip(FuzzSeeds.random(2_000)), FuzzSeeds.ascii("garbage")),
                seed(100, FuzzSeeds.gzip(FuzzSeeds.ascii("hello")), FuzzSeeds.gzip(FuzzSeeds.ascii("world"))),
                seed(100, FuzzSeeds.gzipFlushed(FuzzSeeds.ascii("hello\n"))),
                seed(100, FuzzSeeds.gzip(new byte[3_000])));
    }

    @Override
    public List<byte[]> words() {
        return ascii("\u001f\u008b\u0008", "\0\0\0\0");
    }
}
