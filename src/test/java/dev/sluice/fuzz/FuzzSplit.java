package dev.sluice.fuzz;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.util.List;
import org.reactivestreams.Publisher;

/** Records, and delimiters that begin inside one another. */
public final class FuzzSplit extends FuzzStream {

    private static final List<byte[]> DELIMITERS = ascii("\n", "\r\n\r\n", "aabaa");

    @Override
    Publisher<?> read(BufferFlux bytes, Settings settings) {
        return bytes.split(DELIMITERS.get(settings.choice() % DELIMITERS.size()), settings.limit())
                .consume(PooledBuffer::length);
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(0, FuzzSeeds.ascii("a\nb\n\nlast")),
                seed(1, FuzzSeeds.ascii("one\r\n\r\ntwo\r\n\r\r\n\r\n")),
                seed(2, FuzzSeeds.ascii("aabaabaaabaaab")));
    }

    @Override
    public List<byte[]> words() {
        return ascii("\r\n\r\n", "aab", "\n");
    }
}
