package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.BufferPool;
import dev.sluice.testing.PoolExtension;
import dev.sluice.testing.PoolVerifier;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs the code of {@code docs/testing.md} and {@code docs/metrics.md}. */
@ExtendWith(PoolExtension.class)
class TestingSnippetsTest {

    @Test
    void verifier(BufferPool pool) {
        TestingSnippets.verifier(pool);
    }

    @Test
    void chaos(BufferPool pool, @TempDir Path dir) throws IOException {
        TestingSnippets.chaos(Files.write(dir.resolve("file"), new byte[20_000]), pool);
    }

    @Test
    void stampedBuffers(BufferPool pool) {
        TestingSnippets.stamped(pool);
        assertThatThrownBy(() -> TestingSnippets.stale(pool))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("was written to after its release: byte 7 is 0x01, not 0x07\n\tat ");
    }

    @Test
    void clock() {
        try (BufferPool pool = TestingSnippets.clock()) {
            PoolVerifier.that(pool).hasIdleBytes(0);
        }
    }

    @Test
    void metrics() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (BufferPool pool = MetricsSnippets.binding(registry)) {
            pool.acquire(64).release();
            assertThat(registry.get("sluice.budget.limit").gauge().value()).isEqualTo(256L << 20);
        }
    }
}
