package dev.sluice.samples.leakcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.BufferPool;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.testing.PoolExtension;
import dev.sluice.testing.PoolVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Passes. */
@ExtendWith(PoolExtension.class)
class CleanTest {

    @Test
    void readsAFile(BufferPool pool, @TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "to the sea\n".repeat(100_000));
        Long bytes = BufferFlux.read(file, pool)
                .consume(buffer -> (long) buffer.length())
                .reduce(0L, Long::sum)
                .block();
        assertEquals(1_100_000, bytes);
    }

    @Test
    void releasesLaterOnAnotherThread(BufferPool pool) {
        PooledBuffer buffer = pool.acquire(4096);
        CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS).execute(buffer::release);
        PoolVerifier.that(pool).hasInFlight(1);
    }
}
