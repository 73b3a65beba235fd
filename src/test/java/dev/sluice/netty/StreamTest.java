package dev.sluice.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;

/** Gives each test a pool, and ends it on nothing in flight. */
abstract class StreamTest {

    static final Duration LIMIT = Duration.ofSeconds(Integer.getInteger("limit", 30));

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
                pool::stats);
        assertThat(pool.stats().lost()).isZero();
    }

    static void eventually(Callable<Boolean> condition, Supplier<?> otherwise) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!holds(condition)) {
            assertThat(System.nanoTime() - deadline)
                    .as("still %s", otherwise.get())
                    .isNegative();
            LockSupport.parkNanos(200_000); // the event loops need the processors as well
        }
    }

    static void eventually(Callable<Boolean> condition) {
        eventually(condition, () -> "not so");
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

    static ByteBuf foreign(byte[] content) {
        return Unpooled.directBuffer(Math.max(1, content.length)).writeBytes(content);
    }

    static PooledBuffer buffer(BufferPool pool, byte[] content) {
        PooledBuffer buffer = pool.acquire(Math.max(1, content.length));
        buffer.byteBuffer().put(content);
        return buffer.resize(content.length);
    }

    /** A frame that a channel read into the pool. */
    static ByteBuf pooled(BufferPool pool, byte[] content) {
        return Leases.of(buffer(pool, content));
    }

    static byte[] bytes(PooledBuffer buffer) {
        try (buffer) {
            return buffer.toByteArray();
        }
    }

    static byte[] joined(List<byte[]> parts) {
        byte[] all = new byte[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    static List<PooledBuffer> takeAll(BufferPool pool) {
        List<PooledBuffer> taken = new ArrayList<>();
        for (int size = 64 << 10; size >= 64; size /= 2) {
            if (size > pool.budget().limit()) {
                continue;
            }
            for (Optional<PooledBuffer> next = pool.tryAcquire(size); next.isPresent(); next = pool.tryAcquire(size)) {
                taken.add(next.get());
            }
        }
        return taken;
    }
}
