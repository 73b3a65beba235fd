package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input fails at once, with the type that says what kind of mistake it is and a message with every number. */
class InvalidInputTest {

    private static final long LIMIT = 1 << 20;

    /** One way to ask for a buffer. */
    private record Verb(String name, SizedUse use) {}

    private interface SizedUse {
        void of(BufferPool pool, int size);
    }

    private static final List<Verb> VERBS = List.of(
            new Verb("acquire", BufferPool::acquire),
            new Verb("acquire with holder", (pool, size) -> pool.acquire(size, "holder")),
            new Verb("tryAcquire", BufferPool::tryAcquire),
            new Verb("tryAcquire with holder", (pool, size) -> pool.tryAcquire(size, "holder")),
            new Verb("request", BufferPool::request),
            new Verb("request with timeout", (pool, size) -> pool.request(size, Duration.ofSeconds(1))),
            new Verb("demand", (pool, size) -> pool.demand(size)));

    /** A mistake, and the words and numbers that its message has. */
    record Mistake(
            String name, Consumer<BufferPool> use, Class<? extends RuntimeException> type, List<String> messageParts) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Mistake> sizes() {
        List<Mistake> mistakes = new ArrayList<>();
        for (Verb verb : VERBS) {
            for (int size : new int[] {0, -1, -4_096, Integer.MIN_VALUE}) {
                mistakes.add(invalidSize(verb, size, Numbers.grouped(size)));
            }
            for (int size : new int[] {(int) LIMIT + 1, 5 << 20, Integer.MAX_VALUE}) {
                mistakes.add(invalidSize(verb, size, Numbers.grouped(size), Numbers.grouped(LIMIT), "lake"));
            }
        }
        return mistakes;
    }

    private static Mistake invalidSize(Verb verb, int size, String... parts) {
        return new Mistake(
                "%s %,d".formatted(verb.name, size),
                pool -> assertThatThrownBy(() -> verb.use.of(pool, size))
                        .asInstanceOf(InstanceOfAssertFactories.type(InvalidSizeException.class))
                        .satisfies(error -> {
                            assertThat(error.size()).isEqualTo(size);
                            assertThat(error.limit()).isEqualTo(LIMIT);
                        })
                        .satisfies(error -> {
                            throw error;
                        }),
                InvalidSizeException.class,
                List.of(parts));
    }

    static List<Mistake> leases() {
        List<Mistake> mistakes = new ArrayList<>();
        for (LeaseKind kind : LeaseKind.values()) {
            int capacity = kind.isPart() ? 1_000 : 1_024;
            for (int length : new int[] {-1, Integer.MIN_VALUE, capacity + 1, Integer.MAX_VALUE}) {
                mistakes.add(outOfBounds(
                        kind, "resize(%,d)".formatted(length), buffer -> buffer.resize(length), length, capacity));
            }
            int[][] parts = {
                {-1, 1},
                {0, -1},
                {0, 1_001},
                {1_000, 1},
                {1_001, 0},
                {999, 2},
                {Integer.MAX_VALUE, Integer.MAX_VALUE},
                {Integer.MIN_VALUE, 1}
            };
            for (int[] part : parts) {
                mistakes.add(outOfBounds(
                        kind,
                        "slice(%,d, %,d)".formatted(part[0], part[1]),
                        buffer -> buffer.slice(part[0], part[1]),
                        part[0],
                        part[1],
                        1_000));
            }
        }
        return mistakes;
    }

    private static Mistake outOfBounds(LeaseKind kind, String name, Consumer<PooledBuffer> use, int... numbers) {
        List<String> parts = new ArrayList<>();
        for (int number : numbers) {
            parts.add(Numbers.grouped(number));
        }
        return new Mistake(
                "%s of a lease %s".formatted(name, kind),
                pool -> {
                    PooledBuffer buffer = kind.lease(pool, 1_000);
                    try {
                        use.accept(buffer);
                    } finally {
                        assertThat(buffer.length())
                                .as("length after the refusal")
                                .isEqualTo(1_000);
                        buffer.release();
                    }
                },
                IndexOutOfBoundsException.class,
                parts);
    }

    static List<Mistake> nulls() {
        return List.of(
                missing("acquire", pool -> pool.acquire(1, null), "holder"),
                missing("tryAcquire", pool -> pool.tryAcquire(1, null), "holder"),
                missing("request", pool -> pool.request(1, null), "timeout"));
    }

    private static Mistake missing(String verb, Consumer<BufferPool> use, String what) {
        return new Mistake("%s without %s".formatted(verb, what), use, NullPointerException.class, List.of(what));
    }

    @ParameterizedTest
    @MethodSource({"sizes", "leases", "nulls"})
    void isRefusedAndLeavesNothingBehind(Mistake mistake) {
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBytes(LIMIT));
        assertThatThrownBy(() -> mistake.use.accept(fixture.pool))
                .isInstanceOf(mistake.type)
                .hasMessageContainingAll(mistake.messageParts.toArray(String[]::new));
        fixture.verify();
    }

    @ParameterizedTest
    @MethodSource({"sizes", "leases", "nulls"})
    void isRefusedEvenWhereNothingIsFree(Mistake mistake) {
        if (mistake.type == IndexOutOfBoundsException.class) {
            return;
        }
        PoolFixture fixture = new PoolFixture(BufferPool.builder().name("lake").maxBytes(LIMIT));
        PooledBuffer all = fixture.pool.acquire((int) LIMIT);
        assertThatThrownBy(() -> mistake.use.accept(fixture.pool)).isInstanceOf(mistake.type);
        all.release();
        fixture.verify();
    }
}
