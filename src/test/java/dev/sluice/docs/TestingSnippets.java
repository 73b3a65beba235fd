package dev.sluice.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.BufferPool;
import dev.sluice.LeakDetection;
import dev.sluice.PooledBuffer;
import dev.sluice.flux.BufferFlux;
import dev.sluice.testing.Chaos;
import dev.sluice.testing.ChaosException;
import dev.sluice.testing.LeakCheck;
import dev.sluice.testing.PoolExtension;
import dev.sluice.testing.PoolVerifier;
import dev.sluice.testing.StampedBuffers;
import dev.sluice.testing.TestPool;
import dev.sluice.testing.VirtualPoolClock;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The code of {@code docs/testing.md}. */
final class TestingSnippets {

    private TestingSnippets() {}

    // tag::poolExtension
    @ExtendWith(PoolExtension.class)
    static class UploadTest {

        @Test
        void forgetsToRelease(BufferPool pool) {
            PooledBuffer buffer = pool.acquire(4096);
            buffer.touch("parsed the header");
        }
    }
    // end::poolExtension

    @ExtendWith(PoolExtension.class)
    static class ShrinkTest {

        // tag::testPool
        @Test
        void givesIdleMemoryBack(
                @TestPool(maxBytes = 1 << 20, virtualTime = true) BufferPool pool, VirtualPoolClock clock) {
            pool.acquire(4096).release();
            clock.advance(Duration.ofSeconds(1), 4);
            PoolVerifier.that(pool).hasIdleBytes(0);
        }
        // end::testPool
    }

    // tag::leakCheck
    static class SessionTest {

        static final BufferPool POOL = BufferPool.builder()
                .name("sessions")
                .leakDetection(LeakDetection.EVERY)
                .build();

        @RegisterExtension
        static final LeakCheck LEAKS = LeakCheck.of(POOL);

        @Test
        void closesTheSession() {
            POOL.acquire(4096, "the session").release();
        }
    }
    // end::leakCheck

    static void verifier(BufferPool pool) {
        // tag::verifier
        PooledBuffer buffer = pool.acquire(4096);
        PoolVerifier.that(pool).hasInFlight(1).hasPending(0).hasLost(0);

        buffer.release();
        PoolVerifier.that(pool).within(Duration.ofSeconds(5)).hasInFlight(0).isAtRest();
        // end::verifier
    }

    static void chaos(Path file, BufferPool pool) {
        // tag::chaos
        Chaos.seed(42).rounds(200, chaos -> {
            try {
                BufferFlux.from(chaos.apply(BufferFlux.read(file, pool, 1024)))
                        .rechunk(3000)
                        .consume(PooledBuffer::length)
                        .blockLast();
            } catch (ChaosException e) {
                assertThat(e.seed()).isEqualTo(chaos.seed());
            }
            PoolVerifier.that(pool).isAtRest(Duration.ofSeconds(5)).hasLost(0);
        });
        // end::chaos
    }

    static void stamped(BufferPool pool) {
        // tag::stamped
        try (StampedBuffers buffers = StampedBuffers.of(pool)) {
            PooledBuffer buffer = buffers.stamped(1000);
            buffers.verify(buffer); // nobody has written to it
            buffer.release(); // from now on, its memory is poisoned and in quarantine
        }
        // end::stamped
    }

    static void stale(BufferPool pool) {
        // tag::stale
        try (StampedBuffers buffers = StampedBuffers.of(pool)) {
            PooledBuffer buffer = buffers.blank(100);
            ByteBuffer view = buffer.byteBuffer();
            buffer.release();
            view.put(7, (byte) 1); // wrong
        }
        // end::stale
    }

    static BufferPool clock() {
        // tag::clock
        VirtualPoolClock clock = VirtualPoolClock.create();
        BufferPool pool = BufferPool.builder().clock(clock).build();
        pool.acquire(4096).release();
        clock.advance(Duration.ofSeconds(4)); // what is due on the way runs here, each task at its time
        // end::clock
        return pool;
    }
}
