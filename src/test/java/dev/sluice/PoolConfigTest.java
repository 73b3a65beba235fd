package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Impossible and contradictory settings are refused when the pool or the budget is made, by name and number. */
class PoolConfigTest {

    private static final MemoryBudget HOUSE = MemoryBudget.of("house", 1_000);

    /** Settings that cannot be, and what the message names. */
    record Mistake(String name, Callable<?> use, List<String> messageParts) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Mistake> mistakes() {
        return List.of(
                pool("maxBytes 0", b -> b.maxBytes(0), "maxBytes", "1", "0"),
                pool("maxBytes -5", b -> b.maxBytes(-5), "maxBytes", "1", "-5"),
                pool("maxBuffersPerSize 0", b -> b.maxBuffersPerSize(0), "maxBuffersPerSize", "1", "0"),
                pool("maxBuffersPerSize -7", b -> b.maxBuffersPerSize(-7), "maxBuffersPerSize", "1", "-7"),
                pool("minIdleBytes -1", b -> b.minIdleBytes(-1), "minIdleBytes", "0", "-1"),
                pool("maxPending -1", b -> b.maxPending(-1), "maxPending", "0", "-1"),
                pool("shrinkInterval 0", b -> b.shrinkInterval(Duration.ZERO), "shrinkInterval", "1 ms", "PT0S"),
                pool("shrinkInterval < 0", b -> b.shrinkInterval(Duration.ofSeconds(-3)), "shrinkInterval", "PT-3S"),
                pool("shrinkInterval 1 us", b -> b.shrinkInterval(Duration.ofNanos(1_000)), "shrinkInterval", "1 ms"),
                pool(
                        "shrinkInterval of years",
                        b -> b.shrinkInterval(Duration.ofDays(366)),
                        "shrinkInterval",
                        "365 days",
                        "PT8784H"),
                pool(
                        "budget and maxBytes",
                        b -> b.budget(HOUSE).maxBytes(4_096),
                        "budget",
                        "house",
                        "maxBytes",
                        Numbers.grouped(4_096)),
                pool(
                        "minIdleBytes above maxBytes",
                        b -> b.maxBytes(4_096).minIdleBytes(4_097),
                        "minIdleBytes",
                        Numbers.grouped(4_097),
                        "maxBytes",
                        Numbers.grouped(4_096)),
                pool(
                        "minIdleBytes above the budget",
                        b -> b.budget(HOUSE.child("tenant", 900)).minIdleBytes(901),
                        "minIdleBytes",
                        "901",
                        "budget",
                        "900"),
                new Mistake("withMaxBuffers(0)", () -> BufferPool.withMaxBuffers(0), List.of("maxBuffersPerSize", "0")),
                new Mistake("budget of 0", () -> MemoryBudget.of("pond", 0), List.of("pond", "limit", "1", "0")),
                new Mistake("budget of -1", () -> MemoryBudget.of(-1), List.of("limit", "1", "-1")),
                new Mistake("child of 0", () -> HOUSE.child("tenant", 0), List.of("tenant", "limit", "1", "0")),
                new Mistake(
                        "child above its parent",
                        () -> HOUSE.child("tenant", 1_001),
                        List.of("tenant", Numbers.grouped(1_001), "house", Numbers.grouped(1_000))),
                new Mistake(
                        "grandchild above its parent",
                        () -> HOUSE.child("tenant", 500).child("room", 501),
                        List.of("room", "501", "tenant", "500")));
    }

    private static Mistake pool(String name, UnaryOperator<BufferPoolBuilder> settings, String... messageParts) {
        return new Mistake(name, () -> settings.apply(BufferPool.builder()).build(), List.of(messageParts));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void areRefusedByName(Mistake mistake) {
        assertThatThrownBy(mistake.use::call)
                .isInstanceOf(PoolConfigException.class)
                .hasMessageContainingAll(mistake.messageParts.toArray(String[]::new));
        assertThat(HOUSE.used()).isZero();
    }

    @Test
    void messagesOfAPoolNameIt() {
        assertThatThrownBy(() -> BufferPool.builder().name("lake").maxBytes(0).build())
                .hasMessageContaining("lake");
    }

    @Test
    void theSmallestSettingsWork() {
        try (BufferPool pool = BufferPool.builder()
                .maxBytes(1)
                .maxBuffersPerSize(1)
                .minIdleBytes(1)
                .maxPending(0)
                .shrinkInterval(Duration.ofMillis(1))
                .build()) {
            try (PooledBuffer buffer = pool.acquire(1)) {
                assertThat(buffer.capacity()).isEqualTo(1);
            }
        }
    }

    @Test
    void theLimitsOfSettingsAreAllowed() {
        assertThatNoException()
                .isThrownBy(() -> BufferPool.builder()
                        .maxBytes(Long.MAX_VALUE)
                        .maxBuffersPerSize(Integer.MAX_VALUE)
                        .minIdleBytes(Long.MAX_VALUE)
                        .maxPending(Integer.MAX_VALUE)
                        .shrinkInterval(Duration.ofDays(365))
                        .build()
                        .close());
        assertThatNoException().isThrownBy(() -> HOUSE.child("all", 1_000));
    }

    @Test
    void minIdleBytesNeedsNoBoundInBytes() {
        assertThatNoException()
                .isThrownBy(() -> BufferPool.builder()
                        .maxBuffersPerSize(1)
                        .minIdleBytes(1L << 40)
                        .build()
                        .close());
    }

    static List<Mistake> nulls() {
        return List.of(
                pool("name", b -> b.name(null), "name"),
                pool("budget", b -> b.budget(null), "budget"),
                pool("leakDetection", b -> b.leakDetection(null), "leakDetection"),
                pool("onLeak", b -> b.onLeak(null), "onLeak"),
                pool("clock", b -> b.clock(null), "clock"),
                pool("shrinkInterval", b -> b.shrinkInterval(null), "shrinkInterval"),
                new Mistake("budget name", () -> MemoryBudget.of(null, 1), List.of("name")),
                new Mistake("child name", () -> HOUSE.child(null, 1), List.of("name")));
    }

    @ParameterizedTest
    @MethodSource("nulls")
    void nullIsNamed(Mistake mistake) {
        assertThatThrownBy(mistake.use::call)
                .isInstanceOf(NullPointerException.class)
                .hasMessageContainingAll(mistake.messageParts.toArray(String[]::new));
    }
}
