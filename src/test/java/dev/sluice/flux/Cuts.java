package dev.sluice.flux;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import reactor.core.publisher.Flux;

/**
 * Bytes cut into buffers, which are made when they are requested.
 *
 * @param pieces what is in each buffer
 */
record Cuts(BufferPool pool, List<byte[]> pieces) {

    /** Cuts by chance: some pieces are empty, some of one byte, some long. */
    static Cuts of(BufferPool pool, byte[] content, Random random) {
        List<byte[]> pieces = new ArrayList<>();
        int longest = 1 + random.nextInt(Math.max(1, random.nextBoolean() ? 8 : content.length));
        int from = 0;
        while (from < content.length) {
            int length = Math.min(content.length - from, random.nextInt(longest + 1));
            pieces.add(Arrays.copyOfRange(content, from, from + length));
            from += length;
        }
        if (random.nextBoolean()) {
            pieces.add(new byte[0]);
        }
        return new Cuts(pool, pieces);
    }

    static Cuts every(BufferPool pool, byte[] content, int length) {
        List<byte[]> pieces = new ArrayList<>();
        for (int from = 0; from < content.length; from += length) {
            pieces.add(Arrays.copyOfRange(content, from, Math.min(content.length, from + length)));
        }
        return new Cuts(pool, pieces);
    }

    static PooledBuffer buffer(BufferPool pool, byte[] content) {
        PooledBuffer buffer = pool.acquire(Math.max(1, content.length));
        buffer.byteBuffer().put(content);
        return buffer.resize(content.length);
    }

    BufferFlux flux() {
        return BufferFlux.from(Flux.fromIterable(pieces).map(piece -> buffer(pool, piece)));
    }

    @Override
    public String toString() {
        return pieces.stream().map(piece -> piece.length).toList().toString();
    }
}
