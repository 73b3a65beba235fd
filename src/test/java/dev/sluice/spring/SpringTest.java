package dev.sluice.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.springframework.core.io.buffer.DataBuffer;

/** Gives each test a pool, and ends it on nothing in flight and nobody waiting. */
abstract class SpringTest {

    static final Duration LIMIT = Duration.ofSeconds(60);

    BufferPool pool = BufferPool.builder().name("test").maxBytes(64 << 20).build();

    @AfterEach
    void nothingIsLeft() {
        atRest(pool);
        pool.close();
    }

    static void atRest(BufferPool pool) {
        eventually(
                () -> {
                    PoolStats now = pool.stats();
                    return now.buffersInUse() == 0 && now.pending() == 0 && now.demand() == 0;
                },
                () -> pool + " " + pool.statsBySize());
        assertThat(pool.stats().lost()).as("lost in %s", pool).isZero();
    }

    static void eventually(Callable<Boolean> condition, Supplier<?> otherwise) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!holds(condition)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("still " + otherwise.get());
            }
            Thread.yield();
        }
    }

    private static boolean holds(Callable<Boolean> condition) {
        try {
            return condition.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    PooledBuffer buffer(String text) {
        PooledBuffer buffer = pool.acquire(Math.max(1, text.length()));
        buffer.byteBuffer().put(text.getBytes(StandardCharsets.UTF_8));
        return buffer.resize(text.length());
    }

    static String text(PooledBuffer buffer) {
        try (buffer) {
            return buffer.toString(StandardCharsets.UTF_8);
        }
    }

    static String text(DataBuffer buffer) {
        return buffer.toString(StandardCharsets.UTF_8);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
