package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what other threads do, generously. */
final class Deadline {

    static final Duration LIMIT = Duration.ofSeconds(30);

    private Deadline() {}

    static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("still not: %s", what).isNegative();
            Thread.yield();
        }
    }
}
