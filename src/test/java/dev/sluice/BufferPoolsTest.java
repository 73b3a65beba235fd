package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The three pools that the whole program shares. */
class BufferPoolsTest {

    static Stream<Arguments> pools() {
        return Stream.of(
                Arguments.of("small", 1 << 10, (Supplier<BufferPool>) BufferPools::small, (Supplier<PooledBuffer>)
                        BufferPools::acquireSmall),
                Arguments.of("medium", 64 << 10, (Supplier<BufferPool>) BufferPools::medium, (Supplier<PooledBuffer>)
                        BufferPools::acquireMedium),
                Arguments.of("large", 1 << 20, (Supplier<BufferPool>) BufferPools::large, (Supplier<PooledBuffer>)
                        BufferPools::acquireLarge));
    }

    @AfterEach
    void nothingIsLeft() {
        BufferPools.clear();
        BufferPools.Stats stats = BufferPools.stats();
        for (PoolStats each : List.of(stats.small(), stats.medium(), stats.large())) {
            assertThat(each.buffersInUse()).as("in use: %s", each).isZero();
            assertThat(each.allocatedBytes()).as("after clear(): %s", each).isZero();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pools")
    void eachIsMadeOnceAndServesItsSize(
            String name, int size, Supplier<BufferPool> pool, Supplier<PooledBuffer> acquire) {
        assertThat(pool.get()).isSameAs(pool.get());
        assertThat(pool.get().name()).isEqualTo(name);
        try (PooledBuffer buffer = acquire.get()) {
            assertThat(buffer.length()).isEqualTo(size);
            assertThat(buffer.capacity()).isEqualTo(size);
            assertThat(buffer.byteBuffer().isDirect()).isTrue();
            assertThat(pool.get().stats().buffersInUse()).isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pools")
    void eachHoldsAtMost64(String name, int size, Supplier<BufferPool> pool, Supplier<PooledBuffer> acquire) {
        List<PooledBuffer> all = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            all.add(acquire.get());
        }
        assertThatThrownBy(acquire::get)
                .isInstanceOf(PoolExhaustedException.class)
                .hasMessageContainingAll(name, Numbers.grouped(size), Numbers.grouped(64L * size));
        PoolFixture.release(all);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pools")
    void noneCanBeClosed(String name, int size, Supplier<BufferPool> pool, Supplier<PooledBuffer> acquire) {
        assertThatThrownBy(pool.get()::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(name);
        assertThat(pool.get().isClosed()).isFalse();
        acquire.get().release();
    }

    @ParameterizedTest
    @CsvSource({
        "1, small",
        "1024, small",
        "1025, medium",
        "2048, medium",
        "65536, medium",
        "65537, large",
        "1048576, large",
        "1048577, large",
        "5000000, large"
    })
    void acquireTakesTheSmallestPoolThatServesTheSize(int size, String name) {
        try (PooledBuffer buffer = BufferPools.acquire(size)) {
            assertThat(buffer.length()).isEqualTo(size);
            BufferPools.Stats stats = BufferPools.stats();
            assertThat(stats.small().buffersInUse()).isEqualTo(name.equals("small") ? 1 : 0);
            assertThat(stats.medium().buffersInUse()).isEqualTo(name.equals("medium") ? 1 : 0);
            assertThat(stats.large().buffersInUse()).isEqualTo(name.equals("large") ? 1 : 0);
        }
    }

    @Test
    void impossibleSizesAreRefused() {
        for (int size : new int[] {0, -1, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> BufferPools.acquire(size))
                    .isInstanceOf(InvalidSizeException.class)
                    .hasMessageContaining(Numbers.grouped(size));
        }
    }

    @Test
    void clearGivesBackWhatIsIdleInAllThree() {
        BufferPools.clear();
        long before = shrunkBytes();
        List<PooledBuffer> held =
                List.of(BufferPools.acquireSmall(), BufferPools.acquireMedium(), BufferPools.acquireLarge());
        assertThat(BufferPools.clear())
                .as("given back while everything is in use")
                .isZero();
        PoolFixture.release(held);
        BufferPools.clear();
        assertThat(shrunkBytes() - before)
                .as("given back by clear(), or by the clock just before")
                .isEqualTo((1 << 10) + (64 << 10) + (1 << 20));
    }

    private static long shrunkBytes() {
        BufferPools.Stats stats = BufferPools.stats();
        return stats.small().shrunkBytes()
                + stats.medium().shrunkBytes()
                + stats.large().shrunkBytes();
    }
}
