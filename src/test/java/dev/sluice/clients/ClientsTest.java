package dev.sluice.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.PoolStats;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.testing.StampedBuffers;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import reactor.core.publisher.Flux;

/**
 * Gives each test a pool whose buffers are stamped, and are poison from the moment of their release: a client that reads
 * a buffer too late sends poison. Ends it on nothing in flight.
 */
abstract class ClientsTest {

    static final Duration LIMIT = Duration.ofSeconds(30);

    final BufferPool pool =
            BufferPool.builder().name("clients").maxBytes(64 << 20).build();
    final StampedBuffers stamped = StampedBuffers.of(pool);

    /** What was stamped since the last subscription, in the order in which it was requested. */
    final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    @AfterEach
    void nothingIsLeft() {
        eventually(() -> stamped.out() == 0, stamped::out);
        stamped.close();
        eventually(
                () -> {
                    PoolStats now = pool.stats();
                    return now.buffersInUse() == 0 && now.pending() == 0 && now.demand() == 0;
                },
                pool::stats);
        assertThat(pool.stats().lost()).isZero();
        pool.close();
    }

    /** A body of so many buffers; each subscription makes it anew. */
    final BufferFlux body(int buffers, int size) {
        return BufferFlux.from(Flux.defer(() -> {
            sent.reset();
            return Flux.range(0, buffers).map(i -> stamp(size));
        }));
    }

    final PooledBuffer stamp(int size) {
        PooledBuffer buffer = stamped.stamped(size);
        sent.writeBytes(buffer.toByteArray());
        return buffer;
    }

    static byte[] bytesOf(BufferFlux body) {
        return body.consume(PooledBuffer::toByteArray)
                .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                .map(ByteArrayOutputStream::toByteArray)
                .block(LIMIT);
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

    private static boolean holds(Callable<Boolean> condition) {
        try {
            return condition.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
