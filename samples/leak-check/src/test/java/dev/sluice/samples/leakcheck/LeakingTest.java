package dev.sluice.samples.leakcheck;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.testing.Chaos;
import dev.sluice.testing.PoolExtension;
import dev.sluice.testing.PoolVerifier;
import dev.sluice.testing.StampedBuffers;
import dev.sluice.testing.TestPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** Every test but one fails, as it should. */
class LeakingTest {

    @RegisterExtension
    static final PoolExtension POOLS = new PoolExtension().within(Duration.ofMillis(500));

    /** What the program keeps, so that no collector finds it. */
    private final List<Object> kept = new ArrayList<>();

    @Test
    void forgetsToRelease(BufferPool pool) {
        PooledBuffer buffer = pool.acquire(4096);
        buffer.touch("parsed the header");
        kept.add(buffer);
    }

    @Test
    void throwsInAMap(BufferPool pool, @TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "to the sea\n");
        Flux<Integer> parsed = BufferFlux.read(file, pool).checkpoint("uploads").map(buffer -> {
            kept.add(buffer);
            throw new IllegalStateException("malformed");
        });
        assertThrows(IllegalStateException.class, parsed::blockLast);
    }

    @Test
    void leavesARequest(@TestPool(maxBytes = 4096) BufferPool pool) {
        kept.add(pool.acquire(4096));
        kept.add(pool.request(1000));
    }

    @Test
    void writesAfterTheRelease(BufferPool pool) {
        try (StampedBuffers buffers = StampedBuffers.of(pool)) {
            PooledBuffer buffer = buffers.blank(100);
            ByteBuffer view = buffer.byteBuffer();
            buffer.release();
            view.put(7, (byte) 1);
        }
    }

    @Test
    void losesWhatIsCancelled(BufferPool pool) {
        Chaos.seed(42).rounds(100, chaos -> {
            Flux<PooledBuffer> source = Flux.range(0, 20).map(i -> pool.acquire(64));
            // When the source fails, buffer discards what it has; only below BufferFlux.from does that release.
            chaos.apply(source)
                    .buffer(2)
                    .doOnNext(pair -> pair.forEach(PooledBuffer::release))
                    .onErrorComplete()
                    .blockLast();
            PoolVerifier.that(pool).isAtRest(Duration.ofMillis(500)).hasLost(0);
        });
    }

    @Test
    void isCleanAmongThem(BufferPool pool) {
        pool.acquire(4096).release();
    }
}
