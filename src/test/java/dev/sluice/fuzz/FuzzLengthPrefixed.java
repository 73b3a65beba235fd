package dev.sluice.fuzz;

import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import java.nio.ByteOrder;
import java.util.List;
import org.reactivestreams.Publisher;

/** Lengths of every width and order, too large, negative and cut off. */
public final class FuzzLengthPrefixed extends FuzzStream {

    @Override
    Publisher<?> read(BufferFlux bytes, Settings settings) {
        int fieldBytes = 1 << settings.choice() % 3;
        ByteOrder order = settings.choice() < 128 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return bytes.lengthPrefixed(fieldBytes, order, settings.limit()).consume(PooledBuffer::length);
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(0, FuzzSeeds.ascii("\3abc\0\1x")),
                seed(1, FuzzSeeds.ascii("\0\3abc\0\0\0\1x")),
                seed(2, FuzzSeeds.ascii("\0\0\0\3abc\u00ff\u00ff\u00ff\u00ffrest")),
                seed(129, FuzzSeeds.ascii("\3\0abc\u00ff\u007f")));
    }

    @Override
    public List<byte[]> words() {
        return ascii("\0\0\0\1", "\u00ff\u00ff\u00ff\u00ff", "\u007f\u00ff\u00ff\u00ff");
    }
}
