package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Many connections that send as fast as they can, for one small budget: it holds, and nobody starves. */
class LoadTest {

    private static final int SLOW_BYTES_PER_SECOND = 10_000;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHundredConnectionsShareFourMebibytes(boolean isNative) throws Exception {
        assertShared(100, 4 << 20, 3, isNative);
    }

    @Tag("long")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aThousandConnectionsShare64Mebibytes(boolean isNative) throws Exception {
        assertShared(1_000, 64 << 20, 5, isNative);
    }

    /**
     * What a peer has sent before it closed its direction is not lost. By select, it stays in the kernel until somebody
     * asks for it. Epoll reads it at once, whoever asks or not: in all no more than the pool and its overflow can take.
     */
    @ParameterizedTest
    @CsvSource({"true, 200", "false, 500"})
    void whatWasSentBeforeTheEndIsAllThere(boolean isNative, int connections) throws Exception {
        assertAllThere(connections, 4 << 20, 60_000, isNative);
    }

    private static void assertShared(int connections, int maxBytes, int frames, boolean isNative) throws Exception {
        BufferPool pool = BufferPool.builder().name("load").maxBytes(maxBytes).build();
        try (pool;
                SlowServer server = SlowServer.onPool(pool, isNative, SlowServer.Pace.of(SLOW_BYTES_PER_SECOND))) {
            try (Senders senders = new Senders(server.port(), connections, Long.MAX_VALUE)) {
                StreamTest.eventually(
                        () -> server.served(frames) == connections, () -> server.report() + " " + pool.stats());
                assertThat(senders.failure()).as(server.report()).isNull();
            }
            server.close();
            assertBudgetHeld(pool, maxBytes);
        }
    }

    private static void assertAllThere(int connections, int maxBytes, int bytesOfEach, boolean isNative)
            throws Exception {
        BufferPool pool = BufferPool.builder().name("load").maxBytes(maxBytes).build();
        Sinks.Empty<Void> go = Sinks.empty();
        try (pool;
                SlowServer server =
                        SlowServer.onPool(pool, isNative, bytes -> go.asMono().then(Mono.just(bytes)))) {
            try (Senders senders = new Senders(server.port(), connections, bytesOfEach)) {
                StreamTest.eventually(() -> server.accepted() == connections, server::report);
                StreamTest.eventually(() -> senders.finished() == connections, server::report);
                go.tryEmitEmpty();
                StreamTest.eventually(() -> server.ended() == connections, () -> server.report() + " " + pool.stats());
                assertThat(server.bytes()).as(server.report()).isEqualTo((long) connections * bytesOfEach);
                assertThat(server.errors()).as(server.report()).isEmpty();
                assertThat(senders.failure()).as(server.report()).isNull();
            }
            assertBudgetHeld(pool, maxBytes);
        }
    }

    private static void assertBudgetHeld(BufferPool pool, int maxBytes) {
        StreamTest.atRest(pool);
        PoolStats stats = pool.stats();
        assertThat(stats.peakBytes()).as("%s", stats).isLessThanOrEqualTo(maxBytes);
        assertThat(stats.peakBytes()).as("was used: %s", stats).isGreaterThan(maxBytes / 4);
    }
}
